package main

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/yaml"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/clustertest"
	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
)

// TestCluster plays what needs a cluster, on a real API server. Each script has
// a namespace of its own, $NAMESPACE.
func TestCluster(t *testing.T) {
	kubeconfig := clustertest.Kubeconfig(t)
	client, err := kube.Connect(kube.Options{Kubeconfig: kubeconfig})
	if err != nil {
		t.Fatal(err)
	}
	commands := maps.Clone(processCommands)
	maps.Copy(commands, clusterCommands)
	testscript.Run(t, testscript.Params{
		Dir:  "testdata/cluster",
		Cmds: commands,
		Setup: func(env *testscript.Env) error {
			namespace, err := newNamespace(client)
			if err != nil {
				return err
			}
			env.Setenv("KUBECONFIG", kubeconfig)
			env.Setenv("NAMESPACE", namespace)
			env.Defer(func() { deleteNamespace(t, client, namespace) })
			env.Values[clientKey{}] = client
			return withProcesses(env)
		},
	})
}

// clusterCommands are script commands for what people do with kubectl.
//
//	expand FILES…           replaces $NAMESPACE in them
//	apply FILE              creates or updates the objects of a file
//	define FILE             creates or updates only its CustomResourceDefinitions
//	delete VERSION KIND NAME  deletes an object
//	becomes VERSION KIND NAME PATH REGEXP  waits until the value at a dotted path,
//	                        as JSON, has a match
//	fetch VERSION KIND NAME FILE  writes an object to a file
//	limited FILE            writes the kubeconfig of a service account without
//	                        any rights
var clusterCommands = map[string]func(*testscript.TestScript, bool, []string){
	"expand":  cmdExpand,
	"apply":   cmdApply,
	"define":  cmdDefine,
	"delete":  cmdDelete,
	"becomes": cmdBecomes,
	"fetch":   cmdFetch,
	"limited": cmdLimited,
}

// clientKey is where a script keeps its client.
type clientKey struct{}

func clientOf(ts *testscript.TestScript) *kube.Client {
	return ts.Value(clientKey{}).(*kube.Client)
}

var (
	namespaces      = schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}
	serviceAccounts = schema.GroupVersionResource{Version: "v1", Resource: "serviceaccounts"}
)

func newNamespace(client *kube.Client) (string, error) {
	object := &unstructured.Unstructured{}
	object.SetAPIVersion("v1")
	object.SetKind("Namespace")
	object.SetGenerateName("script-")
	made, err := client.Dynamic.Resource(namespaces).Create(context.Background(), object, metav1.CreateOptions{})
	if err != nil {
		return "", err
	}
	return made.GetName(), nil
}

// deleteNamespace cleans up, for whoever runs the tests on a cluster of theirs.
func deleteNamespace(t *testing.T, client *kube.Client, name string) {
	if err := client.Dynamic.Resource(namespaces).Delete(context.Background(), name, metav1.DeleteOptions{}); err != nil {
		t.Error(err)
	}
}

func cmdApply(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: apply FILE")
	}
	for text := range strings.SplitSeq(ts.ReadFile(args[0]), "\n---\n") {
		object := &unstructured.Unstructured{}
		ts.Check(yaml.Unmarshal([]byte(text), &object.Object))
		client, ctx := clientOf(ts), context.Background()
		if object.GetKind() == "CustomResourceDefinition" {
			ts.Check(client.ApplyCRDs(ctx, []map[string]any{object.Object}))
			continue
		}
		ts.Check(client.Discovery.Refresh(ctx)) // the script may have just made the resource
		resource, err := client.Discovery.ByKind(ctx, object.GetAPIVersion(), object.GetKind())
		ts.Check(err)
		_, err = interfaceTo(ts, resource).Apply(ctx, object.GetName(), object, metav1.ApplyOptions{FieldManager: "script", Force: true})
		ts.Check(err)
	}
}

// cmdDefine leaves out what is for the whole cluster and would be a matter of other tests.
func cmdDefine(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: define FILE")
	}
	var crds []map[string]any
	for text := range strings.SplitSeq(ts.ReadFile(args[0]), "\n---\n") {
		object := map[string]any{}
		ts.Check(yaml.Unmarshal([]byte(text), &object))
		if object["kind"] == "CustomResourceDefinition" {
			crds = append(crds, object)
		}
	}
	ts.Check(clientOf(ts).ApplyCRDs(context.Background(), crds))
}

func cmdDelete(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: delete APIVERSION KIND NAME")
	}
	client, ctx := clientOf(ts), context.Background()
	resource, err := client.Discovery.ByKind(ctx, args[0], args[1])
	ts.Check(err)
	ts.Check(interfaceTo(ts, resource).Delete(ctx, args[2], metav1.DeleteOptions{}))
}

func cmdBecomes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 5 {
		ts.Fatalf("usage: becomes APIVERSION KIND NAME PATH REGEXP")
	}
	wanted, err := regexp.Compile(args[4])
	ts.Check(err)
	client, ctx := clientOf(ts), context.Background()
	ts.Check(client.Discovery.Refresh(ctx)) // the script may have just made the resource
	resource, err := client.Discovery.ByKind(ctx, args[0], args[1])
	ts.Check(err)
	var last string
	err = wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		object, err := interfaceTo(ts, resource).Get(ctx, args[2], metav1.GetOptions{})
		if err != nil {
			last = err.Error()
			return false, nil
		}
		value, _ := essence.Lookup(object.Object, essence.ParsePath(args[3]))
		text, err := json.Marshal(value)
		last = string(text)
		return wanted.Match(text), err
	})
	if err != nil {
		ts.Fatalf("%s %s has %s at %s: %v", args[1], args[2], last, args[3], err)
	}
}

func cmdFetch(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: fetch APIVERSION KIND NAME FILE")
	}
	client, ctx := clientOf(ts), context.Background()
	resource, err := client.Discovery.ByKind(ctx, args[0], args[1])
	ts.Check(err)
	object, err := interfaceTo(ts, resource).Get(ctx, args[2], metav1.GetOptions{})
	ts.Check(err)
	text, err := yaml.Marshal(object.Object)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[3]), text, 0o600))
}

// interfaceTo reaches the objects of the script's namespace, or those without.
func interfaceTo(ts *testscript.TestScript, r kube.Resource) dynamic.ResourceInterface {
	all := clientOf(ts).Dynamic.Resource(r.GVR())
	if !r.Namespaced {
		return all
	}
	return all.Namespace(ts.Getenv("NAMESPACE"))
}

// cmdExpand puts the namespace into files, where there is no $ for anything else.
func cmdExpand(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: expand FILES…")
	}
	for _, name := range args {
		text := strings.ReplaceAll(ts.ReadFile(name), "$NAMESPACE", ts.Getenv("NAMESPACE"))
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
	}
}

func cmdLimited(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: limited FILE")
	}
	client, ctx, namespace := clientOf(ts), context.Background(), ts.Getenv("NAMESPACE")
	account := &unstructured.Unstructured{}
	account.SetAPIVersion("v1")
	account.SetKind("ServiceAccount")
	account.SetName("limited")
	accounts := client.Dynamic.Resource(serviceAccounts).Namespace(namespace)
	_, err := accounts.Create(ctx, account, metav1.CreateOptions{})
	ts.Check(err)
	account.SetAPIVersion("authentication.k8s.io/v1")
	account.SetKind("TokenRequest")
	answer, err := accounts.Create(ctx, account, metav1.CreateOptions{}, "token")
	ts.Check(err)
	token, _, err := unstructured.NestedString(answer.Object, "status", "token")
	ts.Check(err)
	config := clientcmdapi.NewConfig()
	config.Clusters["c"] = &clientcmdapi.Cluster{
		Server:                   client.REST.Host,
		CertificateAuthority:     client.REST.CAFile,
		CertificateAuthorityData: client.REST.CAData,
		InsecureSkipTLSVerify:    client.REST.Insecure,
	}
	config.AuthInfos["u"] = &clientcmdapi.AuthInfo{Token: token}
	config.Contexts["limited"] = &clientcmdapi.Context{Cluster: "c", AuthInfo: "u", Namespace: namespace}
	config.CurrentContext = "limited"
	ts.Check(clientcmd.WriteToFile(*config, ts.MkAbs(args[0])))
}
