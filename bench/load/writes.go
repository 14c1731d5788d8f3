package load

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
)

// Writes is how many write requests the API server has had so far for the
// objects, for children of them and for events. The metrics count also those
// that changed nothing, which a watch does not show.
func Writes(ctx context.Context, cfg *rest.Config) (int, error) {
	cfg = rest.CopyConfig(cfg)
	cfg.NegotiatedSerializer = scheme.Codecs.WithoutConversion()
	client, err := rest.UnversionedRESTClientFor(cfg)
	if err != nil {
		return 0, err
	}
	text, err := client.Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return 0, fmt.Errorf("reading the API server's metrics: %w", err)
	}
	return countWrites(string(text))
}

func countWrites(text string) (int, error) {
	total := 0
	for line := range strings.Lines(text) {
		if !isWrite(line) {
			continue
		}
		_, number, _ := strings.Cut(line, "} ")
		value, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil {
			return 0, fmt.Errorf("unexpected metric %q: %w", line, err)
		}
		total += int(value)
	}
	return total, nil
}

func isWrite(line string) bool {
	return strings.HasPrefix(line, "apiserver_request_total{") &&
		hasLabel(line, "verb", "POST", "PUT", "PATCH", "APPLY", "DELETE") &&
		hasLabel(line, "resource", Resource.Resource, "configmaps", "events")
}

func hasLabel(line, label string, values ...string) bool {
	for _, v := range values {
		if strings.Contains(line, label+`="`+v+`"`) {
			return true
		}
	}
	return false
}
