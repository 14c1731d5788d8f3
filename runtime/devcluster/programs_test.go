package devcluster

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// program writes a shell script.
func program(t *testing.T, dir, name, script string) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestProgramsComeFromAssetsWhereTheyExist(t *testing.T) {
	assets := t.TempDir()
	t.Setenv(assetsVariable, assets)
	server := program(t, assets, apiserver, "")
	found, err := findPrograms(t.Context(), Options{Binary: "/ours"})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{
		etcd:        {"/ours", etcd, "--flag"},
		apiserver:   {server, "--flag"},
		controllers: {"/ours", controllers, "--flag"},
	} {
		if _, got := found.argv(name, []string{"--flag"}); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestHaveAssets(t *testing.T) {
	assets := t.TempDir()
	t.Setenv(assetsVariable, assets)
	for i, name := range []string{etcd, apiserver, controllers} {
		if have, err := HaveAssets(); have || err != nil {
			t.Errorf("with %d of them: %v, %v", i, have, err)
		}
		program(t, assets, name, "")
	}
	if have, err := HaveAssets(); !have || err != nil {
		t.Errorf("with all: %v, %v", have, err)
	}
}

func TestAssetsThatCannotBe(t *testing.T) {
	file := program(t, t.TempDir(), "file", "")
	folder, data := t.TempDir(), t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, etcd), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data, etcd), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for value, want := range map[string]string{
		"/there/is/none": "KUBEBUILDER_ASSETS is not a folder: /there/is/none",
		file:             "KUBEBUILDER_ASSETS is not a folder",
		folder:           "etcd in KUBEBUILDER_ASSETS is not a program",
		data:             "etcd in KUBEBUILDER_ASSETS is not a program",
	} {
		t.Setenv(assetsVariable, value)
		if _, err := findPrograms(t.Context(), Options{Binary: "/ours"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
