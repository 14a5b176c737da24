// The client sends a pattern, compares its echo, and reports one JSON line a connection.
package main

import (
	"bytes"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"

	"interop/probe"
)

func pattern(n int) []byte {
	p := make([]byte, n)
	x := uint32(1)
	for i := range p {
		x = x*1664525 + 1013904223
		p[i] = byte(x >> 24)
	}
	return p
}

func exchange(conn *tls.Conn, n int) error {
	sent := pattern(n)
	failed := make(chan error, 1)
	go func() {
		_, err := conn.Write(sent)
		failed <- err
	}()
	got := make([]byte, n)
	if _, err := io.ReadFull(conn, got); err != nil {
		return err
	}
	if !bytes.Equal(got, sent) {
		return errors.New("the echo differs")
	}
	return <-failed
}

func run(raw net.Conn, config *tls.Config, n int, mode string, r *probe.Report) error {
	conn := tls.Client(raw, config)
	if err := conn.Handshake(); err != nil {
		return err
	}
	r.Fill(conn.ConnectionState())
	if mode == "http" { // the server closes first
		if _, err := conn.Write([]byte("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")); err != nil {
			return err
		}
		page, err := io.ReadAll(conn)
		r.Bytes = len(page)
		r.End(err)
		return conn.CloseWrite()
	}
	err := exchange(conn, n)
	r.Bytes = n
	if err != nil || mode == "abrupt" {
		return err
	}
	if err = conn.CloseWrite(); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, conn)
	r.End(err)
	return nil
}

func main() {
	probe.Flags("ca")
	address := flag.String("connect", "", "host:port")
	name := flag.String("name", "server.example", "name of the server")
	n := flag.Int("bytes", 64, "bytes to send")
	count := flag.Int("count", 1, "connections, one after the other")
	mode := flag.String("mode", "echo", "echo, http or abrupt")
	flag.Parse()
	config, roots := probe.Config()
	config.RootCAs = roots
	config.ServerName = *name
	config.ClientSessionCache = tls.NewLRUClientSessionCache(4)
	status := 0
	for i := 0; i < *count; i++ {
		r := probe.Report{N: i}
		raw, err := net.Dial("tcp", *address)
		if err == nil {
			err = run(raw, config, *n, *mode, &r)
			raw.Close()
		}
		if err != nil {
			r.Error = err.Error()
		}
		if r.Error != "" {
			fmt.Fprintln(os.Stderr, r.Error)
			status = 1
		}
		r.Print()
	}
	os.Exit(status)
}
