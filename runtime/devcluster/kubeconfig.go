package devcluster

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
)

const kubeconfigText = `apiVersion: v1
kind: Config
current-context: kopf-devcluster
contexts:
- name: kopf-devcluster
  context:
    cluster: kopf-devcluster
    user: %[1]s
    namespace: default
clusters:
- name: kopf-devcluster
  cluster:
    server: https://127.0.0.1:%[2]d
    certificate-authority-data: %[3]s
users:
- name: %[1]s
  user:
    client-certificate-data: %[4]s
    client-key-data: %[5]s
`

// writeKubeconfig writes a kubeconfig that works from any folder and on any copy
// of the file, because it carries the certificates in itself. The file is
// replaced in one step: who reads it sees the old or the new one.
func writeKubeconfig(file, user, pki, cert, key string, port int) error {
	var data [3]string
	for i, name := range []string{caCert, cert, key} {
		raw, err := os.ReadFile(filepath.Join(pki, name))
		if err != nil {
			return err
		}
		data[i] = base64.StdEncoding.EncodeToString(raw)
	}
	text := fmt.Sprintf(kubeconfigText, user, port, data[0], data[1], data[2])
	if err := os.WriteFile(file+".new", []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}
