package eval

import (
	"encoding/base64"
	"time"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"k8s.io/kube-openapi/pkg/validation/strfmt"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
)

// convert makes of a scalar what it is by its Shape. A value that does not fit, such as one that
// was stored before its schema has changed, is nil.
func (s *Shape) convert(raw any) ref.Val {
	switch x := raw.(type) {
	case string:
		return s.read(x)
	case int64:
		if s.kind == schema.Double {
			return types.Double(x)
		}
	}
	return nil
}

// number is a whole number in JSON data that are written: one with a fraction of 0, which has the same
// text, where that is its type.
func (s *Shape) number(n int64) any {
	if f := float64(n); s != nil && s.kind == schema.Double && int64(f) == n {
		return f
	}
	return n
}

// read converts a text as the API server does in its validation rules.
func (s *Shape) read(text string) ref.Val {
	switch s.kind {
	case schema.Timestamp:
		if t, ok := s.time(text); ok {
			return types.Timestamp{Time: t}
		}
	case schema.Duration:
		if d, err := strfmt.ParseDuration(text); err == nil {
			return types.Duration{Duration: d}
		}
	case schema.Bytes:
		if b, err := base64.StdEncoding.DecodeString(text); err == nil {
			return types.Bytes(b)
		}
	}
	return nil
}

// The range of CEL's timestamps.
var (
	minTime = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	maxTime = time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC)
)

func (s *Shape) time(text string) (time.Time, bool) {
	t, err := s.parse(text)
	return t, err == nil && text != "" && !t.Before(minTime) && !t.After(maxTime)
}

func (s *Shape) parse(text string) (time.Time, error) {
	if s.date {
		return time.Parse(strfmt.RFC3339FullDate, text)
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil { // nearly all are
		return t, nil
	}
	t, err := strfmt.ParseDateTime(text)
	return time.Time(t), err
}
