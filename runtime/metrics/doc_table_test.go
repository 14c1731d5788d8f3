package metrics

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestDocumented: the table of docs/observability.md is that of the registry.
func TestDocumented(t *testing.T) {
	var table strings.Builder
	for _, d := range New().Describe() {
		labels := "`" + strings.Join(d.Labels, "`, `") + "`"
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s |\n", d.Name, d.Type, labels, d.Help)
	}
	page, err := os.ReadFile("../../docs/observability.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), table.String()) {
		t.Errorf("docs/observability.md should have the rows:\n%s", &table)
	}
}
