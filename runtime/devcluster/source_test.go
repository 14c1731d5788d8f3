package devcluster

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// checkout is a project that builds in a moment.
func checkout(t *testing.T) source {
	t.Helper()
	s := source{t.TempDir()}
	for name, text := range map[string]string{
		commandDir + "/go.mod": "module github.com/kopf-declarative/kopf-declarative/" + commandDir + "\n\ngo 1.26\n\n" +
			"require k8s.io/kubernetes v1.37.2\n\nreplace k8s.io/kubernetes => ./kubernetes\n",
		commandDir + "/go.sum":            "",
		commandDir + "/main.go":           "package main\n\nfunc main() { println(\"one\") }\n",
		commandDir + "/kubernetes/go.mod": "module k8s.io/kubernetes\n",
		"runtime/devcluster/a.go":         "package devcluster\n",
		"runtime/devcluster/a_test.go":    "package devcluster\n",
	} {
		s.write(t, name, text)
	}
	return s
}

func (s source) write(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join(s.root, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestHashIsOfWhatTheBinaryIsMadeFrom(t *testing.T) {
	s := checkout(t)
	hash := func(more ...string) string {
		t.Helper()
		h, err := s.hash(more...)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	first := hash("go1")
	if hash("go1") != first {
		t.Error("it is not the same twice")
	}
	if hash("go2") == first {
		t.Error("it does not depend on the circumstances")
	}
	s.write(t, "runtime/devcluster/a_test.go", "package devcluster // changed\n")
	s.write(t, "go.mod", "module changed\n")
	if hash("go1") != first {
		t.Error("it depends on tests or on the main module")
	}
	seen := map[string]string{first: "nothing"}
	for _, name := range []string{"go.mod", "go.sum", "main.go", "new.go", "../../runtime/devcluster/a.go"} {
		s.write(t, commandDir+"/"+name, "// changed\n")
		if other, ok := seen[hash("go1")]; ok {
			t.Errorf("a change of %s does not count (same as after %s)", name, other)
		}
		seen[hash("go1")] = name
	}
}

func TestLinkerFlagsTellTheVersion(t *testing.T) {
	flags, err := checkout(t).linkerFlags()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"version.gitVersion=v1.37.2", "version.gitMajor=1", "version.gitMinor=37"} {
		if !strings.Contains(flags, "-X=k8s.io/component-base/"+want) {
			t.Errorf("no %s in %s", want, flags)
		}
	}
}

func TestFindSource(t *testing.T) {
	s := checkout(t)
	inside := filepath.Join(s.root, "runtime", "devcluster")
	t.Chdir(inside)
	found, err := findSource()
	if err != nil {
		t.Fatal(err)
	}
	if have, err := filepath.EvalSymlinks(found.root); err != nil || have != mustEval(t, s.root) {
		t.Errorf("found %s, want %s", have, s.root)
	}
	t.Chdir(t.TempDir())
	if found, err := findSource(); err != nil || !isCheckout(found.root) {
		t.Errorf("outside of a checkout: %v, %v; want the one that is tested", found, err)
	}
}

func mustEval(t *testing.T, dir string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
