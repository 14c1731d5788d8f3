package devcluster

import (
	"crypto/tls"
	"path/filepath"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
)

func TestKubeconfig(t *testing.T) {
	pki := newPKI(t)
	file := filepath.Join(t.TempDir(), "kubeconfig")
	for _, port := range []int{1234, 2345} { // the second replaces the first
		if err := writeKubeconfig(file, "admin", pki, adminCert, adminKey, port); err != nil {
			t.Fatal(err)
		}
	}
	if entries := contents(t, filepath.Dir(file)); len(entries) != 1 {
		t.Error("more files than the kubeconfig are left")
	}
	cfg, err := clientcmd.BuildConfigFromFlags("", file)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Host != "https://127.0.0.1:2345" {
		t.Error("the server is", cfg.Host)
	}
	if string(cfg.CAData) != contents(t, pki)[caCert] {
		t.Error("not the authority of the cluster")
	}
	pair, err := tls.X509KeyPair(cfg.CertData, cfg.KeyData)
	if err != nil {
		t.Fatal(err)
	}
	if pair.Leaf.Subject.CommonName != "kopf-devcluster-admin" {
		t.Error("the user is", pair.Leaf.Subject)
	}
}
