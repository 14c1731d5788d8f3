// Command kopf-declarative runs Kubernetes operators that are written in YAML.
//
// It is the outermost layer: flags, environment and config file (settings.go),
// logs for people and machines (logging.go, text_handler.go), signals (stop.go, and
// raw.go at a prompt) and exit codes (exit.go). Each command is one thin file and holds no logic of
// its own: what an Operator means is in package spec, what it does in package
// runtime.
package main
