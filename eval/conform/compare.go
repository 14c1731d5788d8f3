package conform

import (
	"fmt"
	"slices"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
)

// words are what a value of a type is called.
func words(t *schema.Type) string {
	if t.Quantity() {
		return "an amount such as 100Mi"
	}
	switch t.Kind() {
	case schema.Null:
		return "null"
	case schema.Bool:
		return "a boolean"
	case schema.Int:
		return "a whole number"
	case schema.Double:
		return "a number"
	case schema.String:
		return "text"
	case schema.Bytes:
		return "text in base64"
	case schema.Timestamp:
		return "a time such as 2026-01-31T12:00:00Z"
	case schema.Duration:
		return "a duration such as 1h30m"
	case schema.IntOrString:
		return "a whole number or text"
	case schema.List:
		return "a list"
	case schema.Map, schema.Object:
		return "a map"
	}
	return "any value"
}

// found are what a value of the type of an expression is called.
func found(t *schema.Type) string {
	switch t.Kind() {
	case schema.Bytes:
		return "bytes"
	case schema.Timestamp:
		return "a timestamp"
	case schema.Duration:
		return "a duration"
	}
	return words(t)
}

// mismatch says why no value of one type can stand where another one is wanted; ""
// where some can. Path are the fields below, in front of the message.
func mismatch(got, want *schema.Type, path string) string {
	if got == want || got.Kind() == schema.Any || got.Kind() == schema.Null || got.Quantity() {
		return ""
	}
	if !canBe(got.Kind(), want) {
		return fmt.Sprintf("%s must be %s, and is %s", path, words(want), found(got))
	}
	switch got.Kind() {
	case schema.List:
		return mismatch(got.Elem(), want.Elem(), "an item of "+path)
	case schema.Map:
		if want.Kind() == schema.Map {
			return mismatch(got.Elem(), want.Elem(), "a value of "+path)
		}
	case schema.Object:
		return objectMismatch(got, want, path)
	}
	return ""
}

// canBe tells whether a value of a kind, written as JSON, can be one of a type.
func canBe(got schema.Kind, want *schema.Type) bool {
	if want.Quantity() {
		return got != schema.Bool && got != schema.List && got != schema.Map && got != schema.Object
	}
	isText := got == schema.String || got == schema.IntOrString
	switch want.Kind() {
	case schema.Any, schema.Null:
		return true
	case schema.Bool:
		return got == schema.Bool
	case schema.Int:
		return got == schema.Int || got == schema.Double || got == schema.IntOrString
	case schema.Double:
		return got == schema.Int || got == schema.Double || got == schema.IntOrString
	case schema.String:
		return isText || got == schema.Bytes || got == schema.Timestamp || got == schema.Duration
	case schema.Bytes, schema.Timestamp, schema.Duration:
		return isText || got == want.Kind()
	case schema.IntOrString:
		return isText || got == schema.Int || got == schema.Double || got == schema.Duration || got == schema.Timestamp || got == schema.Bytes
	case schema.List:
		return got == schema.List
	case schema.Map, schema.Object:
		return got == schema.Map || got == schema.Object
	}
	return true
}

// objectMismatch compares the fields that are there in any case: those that may be
// absent are no mistake as long as they are.
func objectMismatch(got, want *schema.Type, path string) string {
	for _, f := range got.Fields() {
		below := fmt.Sprintf("%q of %s", f.Name, path)
		var inner *schema.Type
		switch known, ok := want.Field(f.Name); {
		case ok:
			inner = known.Type
		case want.Kind() == schema.Map:
			inner = want.Elem()
		case want.Kind() == schema.Object && !want.Open() && f.Required:
			return fmt.Sprintf("%s has the field %q, which %s has not", path, f.Name, want)
		}
		if f.Required {
			if why := mismatch(f.Type, inner, below); why != "" {
				return why
			}
		}
	}
	return ""
}

// absent is a required field that values of a type never have; "" where there is none.
func absent(got, want *schema.Type, given []string) string {
	if got.Kind() != schema.Object || got.Open() || got == want {
		return ""
	}
	for _, f := range want.Fields() {
		if f.Required && !slices.Contains(given, f.Name) && !has(got, f.Name) {
			return f.Name
		}
	}
	return ""
}
