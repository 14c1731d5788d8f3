package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

// version is the release, set by the linker (-X main.version=v1.2.3) where the
// build information does not have it, as in a build without the repository.
var version string

// versionInfo is what the command version tells.
type versionInfo struct {
	Version    string `json:"version"`
	Commit     string `json:"commit,omitempty"`
	CommitTime string `json:"commitTime,omitempty"`
	Modified   bool   `json:"modified,omitempty"`
	Go         string `json:"go"`
	Platform   string `json:"platform"`
	Kubernetes string `json:"kubernetes"`
	CEL        string `json:"cel"`
}

func newVersion(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the versions of this program and of its main parts",
		Args:    noArgs,
		PreRunE: a.settings.resolve,
		RunE: func(*cobra.Command, []string) error {
			return a.printVersion()
		},
	}
	a.settings.versionFlags(cmd.Flags())
	return cmd
}

func ownVersion() versionInfo {
	build, _ := debug.ReadBuildInfo()
	return describeBuild(build, version)
}

func (a *app) printVersion() error {
	info := ownVersion()
	if a.settings.output == "json" {
		out := json.NewEncoder(a.stdout)
		out.SetIndent("", "  ")
		return out.Encode(info)
	}
	_, err := fmt.Fprint(a.stdout, info.text())
	return err
}

// describeBuild reads the build information, which is nil in a binary built
// without modules.
func describeBuild(build *debug.BuildInfo, release string) versionInfo {
	info := versionInfo{Version: release, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if build == nil {
		build = &debug.BuildInfo{}
	}
	if info.Version == "" {
		info.Version = build.Main.Version
	}
	if info.Version == "" {
		info.Version = "(devel)"
	}
	for _, s := range build.Settings {
		switch s.Key {
		case "vcs.revision":
			info.Commit = s.Value
		case "vcs.time":
			info.CommitTime = s.Value
		case "vcs.modified":
			info.Modified = s.Value == "true"
		}
	}
	for _, dep := range build.Deps {
		switch dep.Path {
		case "k8s.io/client-go":
			info.Kubernetes = dep.Version
		case "github.com/google/cel-go":
			info.CEL = dep.Version
		}
	}
	return info
}

func (v versionInfo) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", program, v.Version)
	if v.Commit != "" {
		modified := ""
		if v.Modified {
			modified = ", modified"
		}
		fmt.Fprintf(&b, "commit      %s (%s%s)\n", v.Commit, v.CommitTime, modified)
	}
	fmt.Fprintf(&b, "go          %s %s\n", v.Go, v.Platform)
	fmt.Fprintf(&b, "kubernetes  client-go %s\n", v.Kubernetes)
	fmt.Fprintf(&b, "cel         cel-go %s\n", v.CEL)
	return b.String()
}
