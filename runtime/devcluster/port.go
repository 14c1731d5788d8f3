package devcluster

import (
	"bytes"
	"net"
)

// freePort returns a port on loopback that nobody uses at the moment.
func freePort() (int, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// portTaken tells whether a log of the API server says that it could not listen.
func portTaken(log []byte) bool {
	return bytes.Contains(log, []byte("address already in use"))
}
