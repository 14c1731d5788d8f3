package devcluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Files of a cluster, in its folder.
const (
	adminKubeconfig       = "kubeconfig"
	controllersKubeconfig = "controllers.kubeconfig"
	pkiDir                = "pki"
)

// graces are how long the components may take to stop, in the order of stopping.
var graces = []struct {
	name  string
	grace time.Duration
}{{controllers, 2 * time.Second}, {apiserver, 10 * time.Second}, {etcd, 10 * time.Second}}

// Options say how to run a cluster. The zero value is a temporary one.
type Options struct {
	// Dir keeps the data of the cluster, and continues with what is there. If
	// empty, the cluster lives in a temporary folder which Stop removes.
	Dir string
	// Binary is the program of cmd/kopf-devcluster. If empty, it is built when a
	// component is not in $KUBEBUILDER_ASSETS.
	Binary string
	// Log, if set, is told about everything that takes long.
	Log io.Writer
}

// Cluster is a cluster that runs.
type Cluster struct {
	folder    *folder
	port      int
	processes map[string]*process

	failed chan struct{} // closed when a component has ended on its own
	done   chan struct{} // closed by Stop: components may end now
	watch  sync.WaitGroup

	mu      sync.Mutex // guards what follows
	failure error

	stopOnce sync.Once
	stopErr  error
}

// Start starts a cluster and returns when it is ready: its API is served, its
// roles, its default namespace and the service account in there exist.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	if o.Log == nil {
		o.Log = io.Discard
	}
	programs, err := findPrograms(ctx, o)
	if err != nil {
		return nil, err
	}
	folder, err := openFolder(o.Dir)
	if err != nil {
		return nil, err
	}
	c, err := startIn(ctx, folder, programs)
	if err != nil {
		return nil, errors.Join(err, folder.close())
	}
	return c, nil
}

// attempts is how often a free port may be lost to somebody else.
const attempts = 5

func startIn(ctx context.Context, f *folder, programs programs) (*Cluster, error) {
	if err := ensurePKI(f.path(pkiDir), time.Now()); err != nil {
		return nil, fmt.Errorf("cannot make certificates: %w", err)
	}
	for attempt := 1; ; attempt++ {
		c := &Cluster{
			folder:    f,
			processes: map[string]*process{},
			failed:    make(chan struct{}),
			done:      make(chan struct{}),
		}
		err := c.start(ctx, programs)
		if err == nil {
			return c, nil
		}
		lost := c.lostPort()
		_ = c.stopProcesses()
		if !lost || attempt == attempts {
			return nil, err
		}
	}
}

func (c *Cluster) start(ctx context.Context, programs programs) (err error) {
	if c.port, err = freePort(); err != nil {
		return err
	}
	if err := c.writeKubeconfigs(); err != nil {
		return err
	}
	if err := os.Remove(c.folder.path(etcdSocketFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err // one that was left would look as if etcd were there
	}
	if err := c.run(programs.argv(etcd, etcdFlags())); err != nil {
		return err
	}
	if err := c.wait(ctx, etcd, c.etcdListens); err != nil {
		return err
	}
	if err := c.run(programs.argv(apiserver, apiserverFlags(c.port))); err != nil {
		return err
	}
	client, err := newClient(c.folder.path(pkiDir), c.port)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	if err := c.wait(ctx, apiserver, client.ready); err != nil {
		return err
	}
	if err := c.run(programs.argv(controllers, controllersFlags())); err != nil {
		return err
	}
	return c.wait(ctx, controllers, client.populated)
}

func (c *Cluster) writeKubeconfigs() error {
	pki := c.folder.path(pkiDir)
	if err := writeKubeconfig(c.folder.path(controllersKubeconfig), controllers, pki, controllersCert, controllersKey, c.port); err != nil {
		return err
	}
	return writeKubeconfig(c.Kubeconfig(), "admin", pki, adminCert, adminKey, c.port)
}

// run starts a component and watches it.
func (c *Cluster) run(name string, argv []string) error {
	p, err := run(c.folder.dir, name, argv)
	if err != nil {
		return err
	}
	c.processes[name] = p
	c.watch.Go(func() {
		select {
		case <-c.done:
		case <-p.ended:
			c.fail(p.failure())
		}
	})
	return nil
}

// fail notes that the cluster is not complete any more. The first reason counts.
func (c *Cluster) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failure == nil {
		c.failure = err
		close(c.failed)
	}
}

func (c *Cluster) err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failure
}

// startTimeout is for a machine that is busy with builds and tests.
const startTimeout = 2 * time.Minute

// wait repeats a check until it passes, the cluster has failed, or time is over.
func (c *Cluster) wait(ctx context.Context, name string, check func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("not ready after %v", startTimeout))
	defer cancel()
	for {
		err := check(ctx)
		if err == nil {
			return c.err()
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-c.failed:
			return c.err()
		case <-ctx.Done():
			return fmt.Errorf("%s: %w: %w; the end of its log:\n%s", name, context.Cause(ctx), err, tail(c.processes[name].log, lastLines))
		}
	}
}

// Kubeconfig is the path of a kubeconfig with all rights.
func (c *Cluster) Kubeconfig() string { return c.folder.path(adminKubeconfig) }

// Failed is closed when a component has ended on its own. Stop tells which.
func (c *Cluster) Failed() <-chan struct{} { return c.failed }

// Stop ends the cluster: controllers, API server, etcd. It removes the folder if
// that is a temporary one. The error is why the cluster had failed before, or
// what went wrong while stopping.
func (c *Cluster) Stop() error {
	c.stopOnce.Do(func() {
		err := c.stopProcesses()
		c.stopErr = errors.Join(c.err(), err, c.folder.close())
	})
	return c.stopErr
}

func (c *Cluster) stopProcesses() error {
	close(c.done)
	c.watch.Wait()
	var errs []error
	for _, s := range graces {
		p := c.processes[s.name]
		if p == nil {
			continue
		}
		if c.err() != nil { // the others may wait for the one that is gone
			p.kill()
			continue
		}
		errs = append(errs, p.stop(s.grace))
	}
	return errors.Join(errs...)
}

// lostPort tells whether the API server ended because somebody else took its port
// after it was found free.
func (c *Cluster) lostPort() bool {
	p := c.processes[apiserver]
	if p == nil {
		return false
	}
	log, err := os.ReadFile(filepath.Clean(p.log))
	return err == nil && portTaken(log)
}
