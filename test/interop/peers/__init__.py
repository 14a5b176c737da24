"""The peers, in the order in which they run."""
from peers.features import Features
from peers.gnutls import GnuTLS, GnuTLS12
from peers.openssl35 import OpenSSL35
from peers.openssl import OpenSSL, OpenSSL12
from peers.probes import Go, Go12, Rustls, Rustls12
from peers.web import Chromium, Curl, Curl12, Nginx, Nginx12

PEERS = [OpenSSL(), GnuTLS(), Go(), Rustls(), Curl(), Nginx(), Chromium(),
         OpenSSL12(), GnuTLS12(), Go12(), Rustls12(), Curl12(), Nginx12(),
         Features()]
PQ_PEERS = [OpenSSL35()]
