// Command generate lists the time zones that Go programs have built in, one a
// line, from the archive of the Go that runs it.
package main

import (
	"archive/zip"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: generate OUTPUT")
		os.Exit(2)
	}
	if err := generate(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func generate(output string) error {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("go env GOROOT: %w", err)
	}
	archive, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		return err
	}
	defer archive.Close()
	var names []string
	for _, f := range archive.File {
		// Etc/GMT+5 and the like are the wrong way round for most who write them,
		// and Factory is none.
		if !f.FileInfo().IsDir() && f.Name != "Factory" && !strings.HasPrefix(f.Name, "Etc/GMT") {
			names = append(names, f.Name)
		}
	}
	slices.Sort(names)
	return os.WriteFile(output, []byte(strings.Join(names, "\n")+"\n"), 0o644)
}
