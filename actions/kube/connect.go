package kube

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/util/flowcontrol"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// Options say which cluster to connect to, and how.
type Options struct {
	// Kubeconfig is the file of --kubeconfig; empty for the usual places:
	// $KUBECONFIG, ~/.kube/config, then the cluster that the process runs in.
	Kubeconfig string
	// Context is the kubeconfig's context; empty for its current one.
	Context string
	// UserAgent names the program to the API server.
	UserAgent string
	// QPS limits the requests per second, with Burst of them at once; 0 is no
	// limit: the API server's own fairness decides.
	QPS   float32
	Burst int
	// RequestTimeout limits each request, its retries after a 429 not counted;
	// 0 is DefaultRequestTimeout. Lists and watches that are streamed have none.
	RequestTimeout time.Duration
	// Log gets the API server's warnings, at debug; nil for none.
	Log *slog.Logger
	// Observe is told of each request; nil for nobody.
	Observe Observer
	// Now is the clock of the discovery cache; nil for time.Now.
	Now func() time.Time
}

// DefaultRequestTimeout is the time limit of one API request.
const DefaultRequestTimeout = 30 * time.Second

// Client is the connection to one cluster.
type Client struct {
	// Dynamic reads and writes objects of any resource, decoded.
	Dynamic dynamic.Interface
	// Discovery knows what the server serves.
	Discovery *Discovery
	// Shapes knows what is more than JSON in the server's objects.
	Shapes *Shapes
	// REST is the configuration that all clients here were made from.
	REST *rest.Config
	// Namespace is the namespace of the kubeconfig's context or of the own pod.
	Namespace string

	raw *rest.RESTClient
	// identities: lists and watches bring no more than who the objects are.
	identities bool
	// untuned is REST before the options were applied.
	untuned *rest.Config
}

// Connect finds the configured cluster. It sends no request yet: Check does.
func Connect(o Options) (*Client, error) {
	config, namespace, err := configure(o)
	if err != nil {
		return nil, err
	}
	client, err := NewClient(config, o)
	if err != nil {
		return nil, err
	}
	client.Namespace = namespace
	return client, nil
}

// NewClient makes a Client from a ready configuration; Kubeconfig and Context
// of the options do not count.
func NewClient(config *rest.Config, o Options) (*Client, error) {
	untuned := config
	config = tune(config, o)
	httpClient, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("the kubeconfig's credentials for %s cannot be used: %w", config.Host, err)
	}
	dyn, err := dynamic.NewForConfigAndClient(config, httpClient)
	if err != nil {
		return nil, fmt.Errorf("the kubeconfig's server %s cannot be used: %w", config.Host, err)
	}
	raw, err := newRaw(config, httpClient)
	if err != nil {
		return nil, fmt.Errorf("the kubeconfig's server %s cannot be used: %w", config.Host, err)
	}
	now := o.Now
	if now == nil {
		now = time.Now
	}
	return &Client{
		Dynamic: dyn, Discovery: newDiscovery(raw, now), Shapes: newShapes(raw, now),
		REST: config, Namespace: "default", raw: raw, untuned: untuned,
	}, nil
}

// With is a client for the same cluster with other options. Both share what
// discovery and the schemas tell.
func (c *Client) With(o Options) (*Client, error) {
	client, err := NewClient(c.untuned, o)
	if err != nil {
		return nil, err
	}
	client.Discovery, client.Shapes, client.Namespace = c.Discovery, c.Shapes, c.Namespace
	return client, nil
}

// Identities is a client whose lists and watches ask for metadata only, and of that
// keep what an Object's own fields say: for those who want to know what exists,
// whatever its size.
func (c *Client) Identities() *Client {
	out := *c
	out.identities = true
	return &out
}

// tune returns a copy of the configuration with what the options say.
func tune(config *rest.Config, o Options) *rest.Config {
	config = rest.CopyConfig(config)
	config.QPS, config.Burst = -1, -1
	if o.QPS > 0 { // one limit for all clients
		config.RateLimiter = flowcontrol.NewTokenBucketRateLimiter(o.QPS, max(o.Burst, 1))
	}
	if o.UserAgent != "" {
		config.UserAgent = o.UserAgent
	}
	timeout := o.RequestTimeout
	if timeout == 0 {
		timeout = DefaultRequestTimeout
	}
	config.Timeout = 0 // it would end watches too
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return &timeLimit{next: next, limit: timeout}
	})
	if o.Observe != nil {
		config.Wrap(func(next http.RoundTripper) http.RoundTripper {
			return &observed{next: next, tell: o.Observe}
		})
	}
	config.WarningHandler = nil
	config.WarningHandlerWithContext = &warnings{log: o.Log}
	return config
}

// configure finds the configuration in the usual order.
func configure(o Options) (*rest.Config, string, error) {
	paths, err := kubeconfigs(o.Kubeconfig)
	if err != nil {
		return nil, "", err
	}
	if len(paths) > 0 {
		return fromFiles(paths, o.Context)
	}
	config, err := rest.InClusterConfig()
	if errors.Is(err, rest.ErrNotInCluster) {
		return nil, "", errors.New("no cluster is configured: set KUBECONFIG or pass --kubeconfig")
	}
	if err != nil {
		return nil, "", fmt.Errorf("the cluster that this pod runs in cannot be used: %w", err)
	}
	if o.Context != "" {
		return nil, "", fmt.Errorf("there is no kubeconfig to find the context %q in", o.Context)
	}
	return config, podNamespace(), nil
}

// kubeconfigs lists the existing files that the configuration is read from.
func kubeconfigs(explicit string) ([]string, error) {
	if explicit != "" {
		_, err := os.Stat(explicit)
		return []string{explicit}, missing("", explicit, err)
	}
	if env := os.Getenv(clientcmd.RecommendedConfigPathEnvVar); env != "" {
		all := filepath.SplitList(env)
		found := existing(all)
		if len(found) == 0 {
			return nil, missing("$KUBECONFIG: ", env, fs.ErrNotExist)
		}
		return found, nil
	}
	return existing([]string{clientcmd.RecommendedHomeFile}), nil
}

func existing(paths []string) []string {
	return slices.DeleteFunc(slices.Clone(paths), func(path string) bool {
		_, err := os.Stat(path)
		return path == "" || errors.Is(err, fs.ErrNotExist)
	})
}

func missing(source, path string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%sthe kubeconfig %s does not exist", source, path)
	default:
		return fmt.Errorf("%sthe kubeconfig %s cannot be read: %w", source, path, err)
	}
}

// fromFiles reads kubeconfig files; the first to set a value wins.
func fromFiles(paths []string, context string) (*rest.Config, string, error) {
	names := strings.Join(paths, ", ")
	rules := &clientcmd.ClientConfigLoadingRules{Precedence: paths}
	raw, err := rules.Load()
	if err != nil {
		return nil, "", fmt.Errorf("the kubeconfig %s cannot be read: %w", names, oneLine(err))
	}
	if err := checkContext(raw, names, context); err != nil {
		return nil, "", err
	}
	config := clientcmd.NewNonInteractiveClientConfig(*raw, context, &clientcmd.ConfigOverrides{}, rules)
	result, err := config.ClientConfig()
	if err != nil {
		return nil, "", fmt.Errorf("the kubeconfig %s cannot be used: %w", names, oneLine(err))
	}
	namespace, _, err := config.Namespace()
	return result, namespace, err
}

// checkContext makes sure that the wanted context exists.
func checkContext(raw *clientcmdapi.Config, names, context string) error {
	var have []string
	for name := range raw.Contexts {
		have = append(have, name)
	}
	slices.Sort(have)
	wanted := context
	if wanted == "" {
		wanted = raw.CurrentContext
	}
	switch {
	case len(have) == 0:
		return fmt.Errorf("the kubeconfig %s has no contexts", names)
	case wanted == "":
		return fmt.Errorf("the kubeconfig %s has no current context: choose one with --context: %s", names, strings.Join(have, ", "))
	case !slices.Contains(have, wanted):
		guess := ""
		if near, ok := diag.Nearest(wanted, have); ok {
			guess = " (did you mean " + near + "?)"
		}
		return fmt.Errorf("the kubeconfig %s has no context %q%s; it has: %s", names, wanted, guess, strings.Join(have, ", "))
	}
	return checkParts(raw, names, wanted)
}

// checkParts makes sure that what a context names exists.
func checkParts(raw *clientcmdapi.Config, names, context string) error {
	c := raw.Contexts[context]
	if raw.Clusters[c.Cluster] == nil {
		return fmt.Errorf("the kubeconfig %s has no cluster %q, which its context %q names", names, c.Cluster, context)
	}
	if c.AuthInfo != "" && raw.AuthInfos[c.AuthInfo] == nil {
		return fmt.Errorf("the kubeconfig %s has no user %q, which its context %q names", names, c.AuthInfo, context)
	}
	return nil
}

// podNamespace is the namespace of the pod that the process runs in.
func podNamespace() string {
	data, err := os.ReadFile("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
	if name := strings.TrimSpace(string(data)); err == nil && name != "" {
		return name
	}
	return "default"
}

// oneLine keeps an error's text on one line.
func oneLine(err error) error {
	text := strings.Join(strings.Fields(err.Error()), " ")
	if text == err.Error() {
		return err
	}
	return errors.New(text)
}
