package devcluster

import (
	"fmt"
	"path/filepath"
	"strings"
)

// The components, and their names as programs.
const (
	etcd        = "etcd"
	apiserver   = "kube-apiserver"
	controllers = "kube-controller-manager"
)

// etcdSocket is the address of etcd for both sides: a socket in the folder of the
// cluster, in which all components run. No other user reaches it, no port is
// needed, and the length of the folder's name does not matter.
const (
	etcdSocket     = "unix://" + etcdSocketFile
	etcdSocketFile = "localhost:2379"
)

// enabledControllers are those that do something without nodes.
var enabledControllers = []string{
	"garbage-collector-controller",
	"namespace-controller",
	"serviceaccount-controller",
	"serviceaccount-token-controller",
	"root-ca-certificate-publisher-controller",
	"clusterrole-aggregation-controller",
	"resourcequota-controller",
	"deployment-controller",
	"replicaset-controller",
	"replicationcontroller-controller",
	"statefulset-controller",
	"daemonset-controller",
	"job-controller",
	"cronjob-controller",
	"ttl-after-finished-controller",
	"disruption-controller",
	"persistentvolumeclaim-protection-controller",
	"persistentvolume-protection-controller",
}

func etcdFlags() []string {
	return []string{
		"--data-dir=etcd",
		"--listen-client-urls=" + etcdSocket,
		"--advertise-client-urls=" + etcdSocket,
		"--listen-peer-urls=unix://localhost:2380",
		"--initial-advertise-peer-urls=unix://localhost:2380",
		"--initial-cluster=default=unix://localhost:2380",
		// The data need not survive a power failure.
		"--unsafe-no-fsync",
		"--log-level=warn",
	}
}

func apiserverFlags(port int) []string {
	return []string{
		"--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", port),
		// Endpoints on loopback are forbidden, so the service "kubernetes" has none.
		"--endpoint-reconciler-type=none",
		"--etcd-servers=" + etcdSocket,
		"--authorization-mode=RBAC",
		"--allow-privileged=true",
		"--client-ca-file=" + filepath.Join("pki", caCert),
		"--tls-cert-file=" + filepath.Join("pki", servingCert),
		"--tls-private-key-file=" + filepath.Join("pki", servingKey),
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + filepath.Join("pki", tokenKey),
		"--service-account-signing-key-file=" + filepath.Join("pki", tokenKey),
		"--service-cluster-ip-range=10.0.0.0/16",
		// Otherwise the server waits for those who watch.
		"--shutdown-watch-termination-grace-period=1s",
		"--profiling=false",
	}
}

func controllersFlags() []string {
	return []string{
		"--kubeconfig=" + controllersKubeconfig,
		"--secure-port=0",
		"--leader-elect=false",
		// The default is so slow that it delays the start by seconds.
		"--kube-api-qps=1000",
		"--kube-api-burst=2000",
		"--controllers=" + strings.Join(enabledControllers, ","),
		"--use-service-account-credentials=true",
		"--service-account-private-key-file=" + filepath.Join("pki", tokenKey),
		"--root-ca-file=" + filepath.Join("pki", caCert),
		"--profiling=false",
	}
}
