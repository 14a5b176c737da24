"""The peers, in the order in which they run."""
from peers.gnutls import GnuTLS
from peers.openssl import OpenSSL
from peers.probes import Go, Rustls
from peers.web import Chromium, Curl, Nginx

PEERS = [OpenSSL(), GnuTLS(), Go(), Rustls(), Curl(), Nginx(), Chromium()]
