package load

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
)

// Server is what the API server has done so far, by its own metrics.
type Server struct {
	// Writes counts the requests that write objects, children of them or events,
	// also those that changed nothing, which a watch does not show.
	Writes int
	// CPU is the processor time of the API server itself.
	CPU time.Duration
}

// ReadServer asks the API server for its metrics.
func ReadServer(ctx context.Context, cfg *rest.Config) (s Server, err error) {
	cfg = rest.CopyConfig(cfg)
	cfg.NegotiatedSerializer = scheme.Codecs.WithoutConversion()
	client, err := rest.UnversionedRESTClientFor(cfg)
	if err != nil {
		return s, err
	}
	text, err := client.Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return s, fmt.Errorf("reading the API server's metrics: %w", err)
	}
	if s.Writes, err = countWrites(string(text)); err != nil {
		return s, err
	}
	s.CPU, err = serverCPU(string(text))
	return s, err
}

func serverCPU(text string) (time.Duration, error) {
	for line := range strings.Lines(text) {
		if number, found := strings.CutPrefix(line, "process_cpu_seconds_total "); found {
			seconds, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
			return time.Duration(seconds * float64(time.Second)), err
		}
	}
	return 0, errors.New("the API server's metrics have no process_cpu_seconds_total")
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
