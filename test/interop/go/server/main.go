// The server reports one JSON line a connection, and ends when its standard input does.
package main

import (
	"bufio"
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"net"
	"os"

	"interop/probe"
)

func echoLine(conn *tls.Conn, r *probe.Report) (*bufio.Reader, error) {
	in := bufio.NewReader(conn)
	line, err := in.ReadString('\n')
	if err == nil {
		_, err = conn.Write([]byte(line))
	}
	r.Bytes += len(line)
	return in, err
}

func serve(raw net.Conn, config *tls.Config, mode string, n int) {
	r := probe.Report{N: n}
	defer r.Print()
	defer raw.Close()
	conn := tls.Server(raw, config)
	if err := conn.Handshake(); err != nil {
		r.Error = err.Error()
		return
	}
	r.Fill(conn.ConnectionState())
	switch mode {
	case "echo": // until the client closes
		n, err := io.Copy(conn, conn)
		r.Bytes = int(n)
		r.End(err)
		conn.Close()
	case "first": // a line, then close and wait for the client to close
		in, err := echoLine(conn, &r)
		if err == nil {
			err = conn.CloseWrite()
		}
		if err == nil {
			_, err = io.Copy(io.Discard, in)
		}
		r.End(err)
	case "abrupt": // a line, then drop the connection without close_notify
		_, err := echoLine(conn, &r)
		r.End(err)
	}
}

func main() {
	probe.Flags("client-ca")
	verify := flag.String("verify", "none", "none, request or require a client certificate")
	mode := flag.String("mode", "echo", "echo, first or abrupt")
	flag.Parse()
	config, roots := probe.Config()
	config.ClientCAs = roots
	config.ClientAuth = map[string]tls.ClientAuthType{"none": tls.NoClientCert,
		"request": tls.VerifyClientCertIfGiven, "require": tls.RequireAndVerifyClientCert}[*verify]
	l, err := net.Listen("tcp", "127.0.0.1:0")
	probe.Check(err)
	fmt.Println("LISTEN", l.Addr().(*net.TCPAddr).Port)
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	for n := 0; ; n++ {
		raw, err := l.Accept()
		probe.Check(err)
		go serve(raw, config, *mode, n)
	}
}
