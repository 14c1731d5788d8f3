package trial

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// The formats of answers.
const (
	Text = "text"
	JSON = "json"
	YAML = "yaml"
)

// Show writes an answer. As text, it is YAML with the type as a comment.
func Show(w io.Writer, a eval.Answer, format string) error {
	out, err := show(a, format)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, out)
	return err
}

func show(a eval.Answer, format string) (string, error) {
	document := map[string]any{"type": a.Type, "value": a.Value}
	switch format {
	case JSON:
		return compact(document)
	case YAML:
		return inYAML(document)
	}
	if a.Omitted {
		return "# " + a.Type + "\n", nil
	}
	text, err := inYAML(a.Value)
	if err != nil {
		return "", err
	}
	text = strings.TrimSuffix(text, "\n")
	if strings.Contains(text, "\n") || isCollection(a.Value) {
		return "# " + a.Type + "\n" + text + "\n", nil
	}
	return text + "  # " + a.Type + "\n", nil
}

// inYAML writes YAML directly: through JSON, texts with control characters would be refused.
func inYAML(value any) (string, error) {
	var out strings.Builder
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	encoder.CompactSeqIndent()
	err := encoder.Encode(value)
	return out.String(), err
}

func isCollection(value any) bool {
	switch x := value.(type) {
	case map[string]any:
		return len(x) > 0
	case []any:
		return len(x) > 0
	}
	return false
}

// compact is JSON on one line.
func compact(value any) (string, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return out.String(), err
}

// maxSeen is how much of a value is shown beside an error, in characters.
const maxSeen = 100

// Tell writes what was found, each with its place, and what the expression saw.
func (f *Failure) Tell(p *diag.Printer) error {
	for _, d := range f.Found.Sorted() {
		if err := p.PrintOne(d); err != nil {
			return err
		}
	}
	for _, s := range f.Seen {
		value, err := compact(s.Value)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(p.Out, "  %s is %s\n", s.Text, cut(strings.TrimSuffix(value, "\n"), maxSeen)); err != nil {
			return err
		}
	}
	return nil
}

// Warn writes warnings about an expression that has an answer: to people, and not beside
// the documents that scripts read.
func Warn(p *diag.Printer, warnings diag.List, format string) error {
	if format != Text {
		return nil
	}
	for _, d := range warnings {
		if err := p.PrintOne(d); err != nil {
			return err
		}
	}
	return nil
}

func cut(line string, most int) string {
	runes := []rune(line)
	if len(runes) <= most {
		return line
	}
	return string(runes[:most-1]) + "…"
}
