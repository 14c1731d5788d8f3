package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// At a terminal, what no flag says is asked for; wrong answers are explained, and asked again.
func TestInitAsks(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "web-shop")
	u := atTerminal(t, nil, "init", dir, "--plural", "shopz")
	answers := func(answer, next string) {
		t.Helper()
		u.types(answer + enter)
		u.sees(next + `$`)
	}
	u.sees(`^Name of the operator \[web-shop\]: $`)
	answers("Web Shop", `\n  "Web Shop" is no name for an operator: .*; web-shop would do\nName of the operator \[web-shop\]: `)
	answers("", `\nAPI group of the resource \[web-shop.example.com\]: `)
	answers("apps.k8s.io", `\n  the group "apps.k8s.io" is reserved: .*\nAPI group of the resource \[web-shop.example.com\]: `)
	answers("shop.example.org", `\nKind \[WebShop\]: `)
	answers("Shop", `\nAre its objects in namespaces, yes or no \[yes\]: `)
	answers("maybe", `\n  "maybe" is neither yes nor no\nAre its objects in namespaces, yes or no \[yes\]: `)
	answers("No", `\nWhat is made for each object: none, configmap, deployment \[configmap\]: `)
	answers("deploy", `\n  there is no child "deploy".*\nWhat is made .*: `)
	answers("deployment", `\nFields of spec, such as size:integer; the types are .*\.\nField, or nothing: `)
	answers("size", `\n  "size" needs the form name:type, .*\nField, or nothing: `)
	answers("size:integer", `\nField, or nothing: `)
	answers("size:string", `\n  there are two fields "size"\nField, or nothing: `)
	answers("replicas:string", `\n  a deployment is made from the field replicas, .*\nField, or nothing: `)
	u.types(enter)
	u.sees(`\nwrote .*operator.yaml\n`)
	u.ends()
	text, err := os.ReadFile(filepath.Join(dir, "operator.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, wanted := range []string{"\n  name: web-shop\n", "\n  name: shopz.shop.example.org\n", "{kind: Shop, ", "scope: Cluster\n", "required: [size, image, replicas]\n"} {
		if !strings.Contains(string(text), wanted) {
			t.Errorf("%q is missing in\n%s", wanted, text)
		}
	}
}

// Who does not answer to the end has no files.
func TestInitWithoutAnswers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shop")
	u := atTerminal(t, nil, "init", dir)
	u.sees(`: $`)
	u.types(enter)
	u.sees(`API group.*: $`)
	u.types(ctrlD)
	u.sees(`the questions were not answered to the end; nothing was written\n`)
	if err := <-u.ended; err == nil {
		t.Error("it ended well")
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the folder is there: %v", err)
	}
}
