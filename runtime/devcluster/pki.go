package devcluster

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// lifetime is long enough to never think of it: the keys guard a server that is
// reachable on loopback only.
const lifetime = 10 * 365 * 24 * time.Hour

// Files of the public key infrastructure, in the folder pki.
const (
	caCert          = "ca.crt"
	servingCert     = "apiserver.crt"
	servingKey      = "apiserver.key"
	adminCert       = "admin.crt"
	adminKey        = "admin.key"
	controllersCert = "controllers.crt"
	controllersKey  = "controllers.key"
	tokenKey        = "tokens.key" // signs the tokens of service accounts
)

// ensurePKI makes the keys and certificates of a cluster in a folder. Those that
// are there already stay, since tokens and kubeconfigs in use depend on them. The
// key of the authority itself is never written: nothing is signed later.
func ensurePKI(dir string, now time.Time) error {
	if _, err := os.Stat(filepath.Join(dir, tokenKey)); err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	authority, err := newAuthority(now)
	if err != nil {
		return err
	}
	if err := writePEM(filepath.Join(dir, caCert), "CERTIFICATE", authority.cert.Raw); err != nil {
		return err
	}
	for _, leaf := range []struct {
		cert, key string
		template  x509.Certificate
	}{
		{servingCert, servingKey, x509.Certificate{
			Subject:     pkix.Name{CommonName: "kube-apiserver"},
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
			IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
			DNSNames:    []string{"localhost"},
		}},
		{adminCert, adminKey, forClient("kopf-devcluster-admin", "system:masters")},
		{controllersCert, controllersKey, forClient("system:kube-controller-manager")},
	} {
		if err := authority.issue(dir, leaf.cert, leaf.key, leaf.template); err != nil {
			return err
		}
	}
	// The last file says that the others are complete.
	_, err = newKey(filepath.Join(dir, tokenKey))
	return err
}

func forClient(user string, groups ...string) x509.Certificate {
	return x509.Certificate{
		Subject:     pkix.Name{CommonName: user, Organization: groups},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
}

// authority signs the certificates of one cluster.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
	now  time.Time
}

func newAuthority(now time.Time) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "kopf-devcluster"},
		NotBefore:             now.Add(-time.Hour),
		NotAfter:              now.Add(lifetime),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(raw)
	return &authority{cert: cert, key: key, now: now}, err
}

func (a *authority) issue(dir, certFile, keyFile string, template x509.Certificate) error {
	key, err := newKey(filepath.Join(dir, keyFile))
	if err != nil {
		return err
	}
	template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return err
	}
	template.NotBefore, template.NotAfter = a.cert.NotBefore, a.cert.NotAfter
	template.KeyUsage = x509.KeyUsageDigitalSignature
	raw, err := x509.CreateCertificate(rand.Reader, &template, a.cert, key.Public(), a.key)
	if err != nil {
		return fmt.Errorf("certificate of %s: %w", template.Subject.CommonName, err)
	}
	return writePEM(filepath.Join(dir, certFile), "CERTIFICATE", raw)
}

func newKey(file string) (crypto.Signer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	raw, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, writePEM(file, "EC PRIVATE KEY", raw)
}

func writePEM(file, kind string, raw []byte) error {
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw}), 0o600)
}
