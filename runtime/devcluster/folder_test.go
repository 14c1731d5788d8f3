package devcluster

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func open(t *testing.T, dir string) *folder {
	t.Helper()
	f, err := openFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFolderIsForOneCluster(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "down")
	f := open(t, dir)
	_, err := openFolder(dir)
	want := fmt.Sprintf("%s is in use by another development cluster (process %d)", dir, os.Getpid())
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := f.close(); err != nil {
		t.Fatal(err)
	}
	if err := open(t, dir).close(); err != nil {
		t.Error(err)
	}
}

func TestFolderThatCannotBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "below")} {
		_, err := openFolder(dir)
		if err == nil || !strings.Contains(err.Error(), file) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v", dir, err)
		}
	}
}

func TestTemporaryFolderGoes(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	f := open(t, "")
	if err := os.WriteFile(f.path("data"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(f.dir); !os.IsNotExist(err) {
		t.Error("it is still there:", err)
	}
}

func TestLeftoversGo(t *testing.T) {
	parent := t.TempDir()
	t.Setenv("TMPDIR", parent)
	now := time.Now()
	make := func(name string, age time.Duration) string {
		dir := filepath.Join(parent, name)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(dir, now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	left := make(temporary+"left", time.Hour)
	spared := []string{make(temporary+"young", time.Second), make("of-somebody-else", time.Hour)}
	running := open(t, "")
	defer running.close()
	if err := os.Chtimes(running.dir, now.Add(-time.Hour), now.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	removeLeftovers(parent, now)
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Error("what a killed cluster left is still there")
	}
	for _, dir := range append(spared, running.dir) {
		if _, err := os.Stat(dir); err != nil {
			t.Error(err)
		}
	}
}
