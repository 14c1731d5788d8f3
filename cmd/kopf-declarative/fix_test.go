package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What a fix does not change stays as it is, byte by byte: the byte order mark,
// the line ends, blanks at their ends, the missing one at the end, and the mode
// of the file.
func TestFixLeavesTheRest(t *testing.T) {
	before := "\ufeffapiVersion: kopf.dev/v1alpha1\r\nkind: Operator  \r\nmetadata: {name: x}\r\nspec:\r\n  handlers:\r\n" +
		"    - On: create\r\n      resource: pods\r\n      # ü\u00a0\r\n      do:\n        - log: Hello!\t"
	path := filepath.Join(t.TempDir(), "x.yaml")
	if err := os.WriteFile(path, []byte(before), 0o640); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr strings.Builder
	if code := Main([]string{"lint", "--fix", path}, strings.NewReader(""), &stdout, &stderr); code != exitOK {
		t.Fatalf("exit code %d\n%s%s", code, &stdout, &stderr)
	}
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Replace(before, "On:", "on:", 1); string(after) != want {
		t.Errorf("got  %q\nwant %q", after, want)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("the mode is %v, %v", info.Mode(), err)
	}
	if !strings.Contains(stderr.String(), "write on") || stdout.String() != "" {
		t.Errorf("it says %q and %q", &stdout, &stderr)
	}
}
