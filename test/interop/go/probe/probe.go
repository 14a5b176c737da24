// Package probe holds what the test client and the test server share: flags, lists of algorithms, reports.
package probe

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	_ "unsafe" // for go:linkname
)

// crypto/tls has no setting for the suites of TLS 1.3. These two lists are its defaults, with and without AES
// instructions; the package promises to keep them for quic-go.
//
//go:linkname suitesWithAES crypto/tls.defaultCipherSuitesTLS13
var suitesWithAES []uint16

//go:linkname suitesWithoutAES crypto/tls.defaultCipherSuitesTLS13NoAES
var suitesWithoutAES []uint16

var groupIDs = map[string]tls.CurveID{
	"x25519": tls.X25519, "secp256r1": tls.CurveP256, "secp384r1": tls.CurveP384, "secp521r1": tls.CurveP521,
	"x25519mlkem768": tls.X25519MLKEM768, "secp256r1mlkem768": tls.SecP256r1MLKEM768,
	"secp384r1mlkem1024": tls.SecP384r1MLKEM1024,
}

var schemeIDs = map[string]tls.SignatureScheme{
	"ecdsa_secp256r1_sha256": tls.ECDSAWithP256AndSHA256, "ecdsa_secp384r1_sha384": tls.ECDSAWithP384AndSHA384,
	"ed25519": tls.Ed25519, "rsa_pss_rsae_sha256": tls.PSSWithSHA256, "rsa_pss_rsae_sha384": tls.PSSWithSHA384,
	"rsa_pss_rsae_sha512": tls.PSSWithSHA512, "rsa_pkcs1_sha256": tls.PKCS1WithSHA256,
	"rsa_pkcs1_sha384": tls.PKCS1WithSHA384, "rsa_pkcs1_sha512": tls.PKCS1WithSHA512,
}

// Report is one line of output, one a connection.
type Report struct {
	N       int    `json:"n"` // counts the connections
	Suite   string `json:"suite,omitempty"`
	Group   string `json:"group,omitempty"`
	ALPN    string `json:"alpn"`
	Resumed bool   `json:"resumed"`
	HRR     bool   `json:"hrr"`
	Peer    string `json:"peer,omitempty"`
	Stapled int    `json:"stapled,omitempty"` // bytes of the OCSP response beside the peer's certificate
	Bytes   int    `json:"bytes"`
	Closed  string `json:"closed,omitempty"` // "notify" or "truncated": how the peer ended
	Error   string `json:"error,omitempty"`
}

func (r *Report) Print() {
	line, _ := json.Marshal(r)
	fmt.Println(string(line))
}

// Fill copies from the state of a connection whose handshake is done.
func (r *Report) Fill(s tls.ConnectionState) {
	r.Suite = fmt.Sprintf("%04x", s.CipherSuite)
	r.ALPN = s.NegotiatedProtocol
	r.Resumed = s.DidResume
	if len(s.PeerCertificates) > 0 {
		r.Peer = s.PeerCertificates[0].Subject.CommonName
	}
	r.Stapled = len(s.OCSPResponse)
	r.HRR = s.HelloRetryRequest
	for name, id := range groupIDs {
		if id == s.CurveID {
			r.Group = name
		}
	}
}

// End notes how reading ended.
func (r *Report) End(err error) {
	switch {
	case err == nil || errors.Is(err, io.EOF):
		r.Closed = "notify"
	case errors.Is(err, io.ErrUnexpectedEOF):
		r.Closed = "truncated"
	default:
		r.Error = err.Error()
	}
}

type options struct{ cert, key, ocsp, ca, alpn, suites, groups, schemes, version string }

var given options

// Flags declares those that client and server share.
func Flags(caFlag string) {
	flag.StringVar(&given.cert, "cert", "", "own chain, PEM")
	flag.StringVar(&given.key, "key", "", "own key, PEM")
	flag.StringVar(&given.ocsp, "ocsp", "", "OCSP response to staple, DER")
	flag.StringVar(&given.ca, caFlag, "", "roots for the peer, PEM")
	flag.StringVar(&given.alpn, "alpn", "", "protocols, comma-separated")
	flag.StringVar(&given.suites, "suites", "", "suites in hexadecimal, comma-separated")
	flag.StringVar(&given.version, "version", "1.3", "of the protocol, 1.2 or 1.3")
	flag.StringVar(&given.groups, "groups", "", "groups, comma-separated")
	flag.StringVar(&given.schemes, "schemes", "", "schemes for the own key, comma-separated")
}

func Check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

// Config is what the flags ask for, and the pool of roots, nil where none was given.
func Config() (*tls.Config, *x509.CertPool) {
	c := &tls.Config{MinVersion: tls.VersionTLS13, NextProtos: list(given.alpn)}
	if given.version == "1.2" {
		c.MinVersion, c.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	}
	var suites []uint16
	for _, s := range list(given.suites) {
		id, err := strconv.ParseUint(s, 16, 16)
		Check(err)
		suites = append(suites, uint16(id))
	}
	if given.version == "1.2" {
		c.CipherSuites = suites
	} else if suites != nil {
		suitesWithAES, suitesWithoutAES = suites, suites
	}
	for _, s := range list(given.groups) {
		c.CurvePreferences = append(c.CurvePreferences, groupIDs[s])
	}
	if given.cert != "" {
		pair, err := tls.LoadX509KeyPair(given.cert, given.key)
		Check(err)
		for _, s := range list(given.schemes) {
			pair.SupportedSignatureAlgorithms = append(pair.SupportedSignatureAlgorithms, schemeIDs[s])
		}
		if given.ocsp != "" {
			pair.OCSPStaple, err = os.ReadFile(given.ocsp)
			Check(err)
		}
		c.Certificates = []tls.Certificate{pair}
		// A client gives it whatever issuers the server names.
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	}
	if given.ca == "" {
		return c, nil
	}
	pem, err := os.ReadFile(given.ca)
	Check(err)
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		Check(errors.New("no root in " + given.ca))
	}
	return c, pool
}
