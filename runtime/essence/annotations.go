package essence

import (
	"slices"
	"strings"
)

const (
	// kopfDomain belongs to Kopf, with all its subdomains, marked or not.
	kopfDomain = "kopf.zalando.org"

	// Marker is the name of the annotation that declares its prefix to be an
	// operator's own.
	Marker = "kopf-managed"

	lastApplied = "kubectl.kubernetes.io/last-applied-configuration"
)

// annotationsOf returns the annotations that belong to an essence. Where all
// of them do, it is the object's own map.
func annotationsOf(meta map[string]any, opts Options) map[string]any {
	annotations, _ := meta["annotations"].(map[string]any)
	if len(annotations) == 0 {
		return nil
	}
	marked := markedPrefixes(annotations)
	drop := 0
	for key := range annotations {
		if isBookkeeping(key, marked, opts.Prefixes) {
			drop++
		}
	}
	if drop == 0 {
		return annotations
	}
	out := make(map[string]any, len(annotations)-drop)
	for key, value := range annotations {
		if !isBookkeeping(key, marked, opts.Prefixes) {
			out[key] = value
		}
	}
	return out
}

// markedPrefixes are the prefixes that carry a marker on this very object.
func markedPrefixes(annotations map[string]any) []string {
	var marked []string
	for key := range annotations {
		if prefix, name, ok := strings.Cut(key, "/"); ok && name == Marker {
			marked = append(marked, prefix)
		}
	}
	return marked
}

func isBookkeeping(key string, marked, own []string) bool {
	if key == lastApplied {
		return true
	}
	prefix, _, ok := strings.Cut(key, "/")
	if !ok {
		return false
	}
	return isKopfDomain(prefix) || slices.Contains(own, prefix) || slices.Contains(marked, prefix)
}

func isKopfDomain(prefix string) bool {
	rest, ok := strings.CutSuffix(prefix, kopfDomain)
	return ok && (rest == "" || strings.HasSuffix(rest, "."))
}

// isOwnAnnotation tells a path that leads to a record of this operator: to
// watch that would be to react to oneself.
func isOwnAnnotation(path, own []string) bool {
	if len(path) < 3 || path[0] != "metadata" || path[1] != "annotations" {
		return false
	}
	prefix, _, ok := strings.Cut(path[2], "/")
	return ok && slices.Contains(own, prefix)
}
