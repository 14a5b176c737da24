// The verdict of Go's crypto/x509 on each of x509-limbo's cases, a list in JSON on standard input: "ok" or "refused".
package main

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"time"
)

type testcase struct {
	ValidationKind string                        `json:"validation_kind"`
	Trusted        []string                      `json:"trusted_certs"`
	Untrusted      []string                      `json:"untrusted_intermediates"`
	Peer           string                        `json:"peer_certificate"`
	Time           string                        `json:"validation_time"`
	Name           *struct{ Kind, Value string } `json:"expected_peer_name"`
	Depth          *int                          `json:"max_chain_depth"`
}

func pool(pems []string) *x509.CertPool {
	p := x509.NewCertPool()
	for _, text := range pems {
		p.AppendCertsFromPEM([]byte(text))
	}
	return p
}

func judge(c *testcase) error {
	options := x509.VerifyOptions{Roots: pool(c.Trusted), Intermediates: pool(c.Untrusted),
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	if c.ValidationKind == "CLIENT" {
		options.KeyUsages[0] = x509.ExtKeyUsageClientAuth
	}
	if c.Name != nil {
		options.DNSName = c.Name.Value
	}
	if c.Time != "" {
		t, err := time.Parse(time.RFC3339, c.Time)
		if err != nil {
			return err
		}
		options.CurrentTime = t
	}
	block, _ := pem.Decode([]byte(c.Peer))
	if block == nil {
		return errors.New("no PEM")
	}
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return err
	}
	chains, err := leaf.Verify(options)
	if err != nil || c.Depth == nil {
		return err
	}
	for _, chain := range chains {
		if len(chain)-2 <= *c.Depth {
			return nil
		}
	}
	return errors.New("too deep")
}

func main() {
	var cases []testcase
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	for i := range cases {
		if judge(&cases[i]) == nil {
			fmt.Println("ok")
		} else {
			fmt.Println("refused")
		}
	}
}
