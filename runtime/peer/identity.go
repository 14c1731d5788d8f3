package peer

import (
	"math/rand/v2"
	"os"
	"os/user"
	"strconv"
	"strings"
	"time"
)

// letters are those of the random part of an identity.
const letters = "abcdefghijklmnopqrstuvwxyz0123456789"

// Identity names a process among its peers: the pod where the environment has POD_ID, else
// user@host/time/random, so that people see who and where it is, and since when.
func Identity(now time.Time) string {
	if pod := os.Getenv("POD_ID"); pod != "" {
		return pod
	}
	random := make([]byte, 3)
	for i := range random {
		random[i] = letters[rand.IntN(len(letters))]
	}
	return Person() + "/" + now.UTC().Format("20060102150405") + "/" + string(random)
}

// Person names whoever calls the program: user@host. What freeze writes under it, resume
// takes away.
func Person() string { return userName() + "@" + hostName() }

func userName() string {
	for _, variable := range []string{"LOGNAME", "USER"} {
		if name := os.Getenv(variable); name != "" {
			return name
		}
	}
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return strconv.Itoa(os.Getuid())
}

// hostName is the host without suffixes that tell nothing.
func hostName() string {
	host, err := os.Hostname()
	if err != nil || host == "" {
		return "localhost"
	}
	for {
		short := strings.TrimSuffix(strings.TrimSuffix(host, ".local"), ".localdomain")
		if short == host {
			return host
		}
		host = short
	}
}
