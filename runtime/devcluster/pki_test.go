package devcluster

import (
	"crypto/tls"
	"crypto/x509"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

var someDay = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func newPKI(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "pki")
	if err := ensurePKI(dir, someDay); err != nil {
		t.Fatal(err)
	}
	return dir
}

func authorities(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, caCert))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(raw) {
		t.Fatal("no certificate in ", caCert)
	}
	return pool
}

func TestCertificatesServeTheirPurpose(t *testing.T) {
	dir := newPKI(t)
	for _, c := range []struct {
		cert, key string
		usage     x509.ExtKeyUsage
		user      string
		groups    []string
		hosts     []string
	}{
		{servingCert, servingKey, x509.ExtKeyUsageServerAuth, "kube-apiserver", nil, []string{"127.0.0.1", "localhost"}},
		{adminCert, adminKey, x509.ExtKeyUsageClientAuth, "kopf-devcluster-admin", []string{"system:masters"}, nil},
		{controllersCert, controllersKey, x509.ExtKeyUsageClientAuth, "system:kube-controller-manager", nil, nil},
	} {
		pair, err := tls.LoadX509KeyPair(filepath.Join(dir, c.cert), filepath.Join(dir, c.key))
		if err != nil {
			t.Fatal(err)
		}
		for _, when := range []time.Time{someDay, someDay.AddDate(9, 0, 0)} {
			_, err = pair.Leaf.Verify(x509.VerifyOptions{
				Roots: authorities(t, dir), CurrentTime: when, KeyUsages: []x509.ExtKeyUsage{c.usage},
			})
			if err != nil {
				t.Errorf("%s at %v: %v", c.cert, when, err)
			}
		}
		if got := pair.Leaf.Subject; got.CommonName != c.user || !slices.Equal(got.Organization, c.groups) {
			t.Errorf("%s is for %s of %v, want %s of %v", c.cert, got.CommonName, got.Organization, c.user, c.groups)
		}
		for _, host := range c.hosts {
			if err := pair.Leaf.VerifyHostname(host); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestKeysStay(t *testing.T) {
	dir := newPKI(t)
	before := contents(t, dir)
	if err := ensurePKI(dir, someDay.AddDate(1, 0, 0)); err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(before, contents(t, dir)) {
		t.Error("files have changed")
	}
}

func TestUnfinishedKeysAreMadeAgain(t *testing.T) {
	dir := newPKI(t)
	if err := os.Remove(filepath.Join(dir, tokenKey)); err != nil {
		t.Fatal(err)
	}
	before := contents(t, dir)
	if err := ensurePKI(dir, someDay); err != nil {
		t.Fatal(err)
	}
	after := contents(t, dir)
	if after[tokenKey] == "" || after[caCert] == before[caCert] {
		t.Error("what an interrupted start had left is still there")
	}
}

func TestKeysAreSecret(t *testing.T) {
	dir := newPKI(t)
	for name := range contents(t, dir) {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
	}
}

func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		texts[entry.Name()] = string(text)
	}
	return texts
}
