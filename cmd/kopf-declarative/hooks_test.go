package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// readYAML decodes a file of the repository.
func readYAML(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// inBin makes a folder in which the program is this test binary.
func inBin(t *testing.T, folder string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(folder, program)); err != nil {
		t.Fatal(err)
	}
}

// definitions writes a file that breaks a rule and one that does not.
func definitions(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	const good = "apiVersion: kopf.dev/v1alpha1\nkind: Operator\nmetadata: {name: x}\nspec:\n  handlers:\n    - {on: create, resource: pods, do: [{log: x}]}\n"
	for name, text := range map[string]string{"good.yaml": good, "bad.yaml": strings.NewReplacer("on: create", "on: creat", "name: x", "name: y").Replace(good)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// The hook's command does what pre-commit expects: it takes files, and fails
// where they have mistakes.
func TestPreCommitHook(t *testing.T) {
	var hooks []struct {
		ID, Name, Entry, Language string
		Types                     []string
	}
	readYAML(t, ".pre-commit-hooks.yaml", &hooks)
	if len(hooks) != 1 || hooks[0].ID == "" || hooks[0].Name == "" || hooks[0].Language != "golang" || !slices.Equal(hooks[0].Types, []string{"yaml"}) {
		t.Fatalf("the hooks are %+v", hooks)
	}
	page, err := os.ReadFile("../../docs/lint.md")
	if err != nil || !strings.Contains(string(page), "- id: "+hooks[0].ID) {
		t.Errorf("docs/lint.md does not name the hook, %v", err)
	}
	dir, bin := definitions(t), t.TempDir()
	inBin(t, bin)
	for file, fails := range map[string]bool{"good.yaml": false, "bad.yaml": true} {
		cmd := exec.Command("sh", "-c", hooks[0].Entry+" "+file)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
		if out, err := cmd.CombinedOutput(); (err != nil) != fails || strings.Contains(string(out), "unknown-value") != fails {
			t.Errorf("%s: %v\n%s", file, err, out)
		}
	}
}

// The steps of the action install the program of its own checkout, and lint in
// the form of workflow commands.
func TestGitHubAction(t *testing.T) {
	var action struct {
		Name, Description string
		Inputs            map[string]struct{ Description, Default string }
		Runs              struct {
			Using string
			Steps []struct {
				Name, Shell, Run string
				Env              map[string]string
			}
		}
	}
	readYAML(t, "action.yml", &action)
	if action.Name == "" || action.Description == "" || action.Runs.Using != "composite" || len(action.Runs.Steps) != 2 {
		t.Fatalf("the action is %+v", action)
	}
	install, lint := action.Runs.Steps[0], action.Runs.Steps[1]
	if !strings.Contains(install.Run, `cd "$GITHUB_ACTION_PATH"`) || !strings.Contains(install.Run, "go install ./cmd/"+program) {
		t.Errorf("it installs with %s", install.Run)
	}
	inputs := map[string]string{"files": "bad.yaml good.yaml", "strict": action.Inputs["strict"].Default}
	dir, temp := definitions(t), t.TempDir()
	inBin(t, filepath.Join(temp, program))
	cmd := exec.Command(lint.Shell, "-e", "-c", lint.Run)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "RUNNER_TEMP="+temp)
	for name, value := range lint.Env {
		for input, given := range inputs {
			value = strings.ReplaceAll(value, "${{ inputs."+input+" }}", given)
		}
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	out, err := cmd.Output()
	if err == nil || !strings.HasPrefix(string(out), "::error file=bad.yaml,line=6,") || strings.Contains(string(out), "good.yaml") {
		t.Errorf("%v\n%s", err, out)
	}
}
