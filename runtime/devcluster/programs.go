package devcluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// assetsVariable names the folder of programs that test environments of
// Kubernetes agree on.
const assetsVariable = "KUBEBUILDER_ASSETS"

// programs are the beginnings of the command lines of the components.
type programs map[string][]string

func (p programs) argv(name string, flags []string) (string, []string) {
	return name, append(append([]string{}, p[name]...), flags...)
}

// findPrograms takes each component from $KUBEBUILDER_ASSETS where it exists, and
// otherwise from our own binary, which is built only if needed.
func findPrograms(ctx context.Context, o Options) (programs, error) {
	found := programs{}
	for _, name := range []string{etcd, apiserver, controllers} {
		asset, err := findAsset(name)
		if err != nil {
			return nil, err
		}
		if asset != "" {
			found[name] = []string{asset}
			continue
		}
		if o.Binary == "" {
			if o.Binary, err = Binary(ctx, o.Log); err != nil {
				return nil, err
			}
		}
		found[name] = []string{o.Binary, name}
	}
	return found, nil
}

// HaveAssets tells whether all components are in $KUBEBUILDER_ASSETS, so that
// nothing needs to be built.
func HaveAssets() (bool, error) {
	for _, name := range []string{etcd, apiserver, controllers} {
		if asset, err := findAsset(name); asset == "" || err != nil {
			return false, err
		}
	}
	return true, nil
}

// findAsset returns the path of a program in $KUBEBUILDER_ASSETS, or nothing.
func findAsset(name string) (string, error) {
	dir := os.Getenv(assetsVariable)
	if dir == "" {
		return "", nil
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return "", fmt.Errorf("%s is not a folder: %s", assetsVariable, dir)
	}
	file, err := filepath.Abs(filepath.Join(dir, name))
	if err != nil {
		return "", err
	}
	switch info, err := os.Stat(file); {
	case os.IsNotExist(err):
		return "", nil
	case err != nil:
		return "", err
	case info.IsDir() || info.Mode()&0o111 == 0:
		return "", fmt.Errorf("%s in %s is not a program", name, assetsVariable)
	}
	return file, nil
}
