package devcluster

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"sort"
	"strings"
)

// commandDir is the module of the binary, in the checkout.
const commandDir = "cmd/kopf-devcluster"

// source is a checkout of this project.
type source struct {
	root string
}

// findSource looks for the checkout above the working directory, and else for the
// one that this package was compiled from.
func findSource() (source, error) {
	dir, err := os.Getwd()
	for ; err == nil; dir = filepath.Dir(dir) {
		if isCheckout(dir) {
			return source{dir}, nil
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	if _, file, _, ok := runtime.Caller(0); ok {
		if dir := filepath.Join(filepath.Dir(file), "..", ".."); isCheckout(dir) {
			return source{dir}, nil
		}
	}
	return source{}, errors.New("cannot build the development cluster: " + commandDir +
		" is not in this folder or above (run this in a checkout of kopf-declarative)")
}

func isCheckout(dir string) bool {
	text, err := os.ReadFile(filepath.Join(dir, commandDir, "go.mod"))
	return err == nil && bytes.HasPrefix(text, []byte("module github.com/kopf-declarative/kopf-declarative/"+commandDir+"\n"))
}

// command is the folder of the module of the binary.
func (s source) command() string { return filepath.Join(s.root, commandDir) }

// files are what the binary is made from, apart from modules that go.sum pins.
func (s source) files() ([]string, error) {
	var files []string
	for _, pattern := range []string{
		commandDir + "/go.mod", commandDir + "/go.sum", commandDir + "/*.go", "runtime/devcluster/*.go",
	} {
		found, err := filepath.Glob(filepath.Join(s.root, pattern))
		if err != nil {
			return nil, err
		}
		for _, file := range found {
			if !strings.HasSuffix(file, "_test.go") {
				files = append(files, file)
			}
		}
	}
	sort.Strings(files)
	return files, nil
}

// hash identifies a binary by what it is made from; more are the circumstances,
// such as the compiler's version.
func (s source) hash(more ...string) (string, error) {
	files, err := s.files()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		name, err := filepath.Rel(s.root, file)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%s %d\n%s\n", filepath.ToSlash(name), len(text), text)
	}
	fmt.Fprintf(h, "%q", more)
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}

var kubernetesLine = regexp.MustCompile(`(?m)^(?:require|\s)\s*k8s\.io/kubernetes (v(\d+)\.(\d+)\.\S+)`)

// linkerFlags tell Kubernetes its version, which its own build sets in this way.
func (s source) linkerFlags() (string, error) {
	text, err := os.ReadFile(filepath.Join(s.command(), "go.mod"))
	if err != nil {
		return "", err
	}
	version := kubernetesLine.FindSubmatch(text)
	if version == nil {
		return "", errors.New(commandDir + "/go.mod does not require k8s.io/kubernetes")
	}
	flags := []string{"-s", "-w"}
	for _, pkg := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
		for i, name := range []string{"gitVersion", "gitMajor", "gitMinor"} {
			flags = append(flags, fmt.Sprintf("-X=%s.%s=%s", pkg, name, version[i+1]))
		}
	}
	return strings.Join(flags, " "), nil
}
