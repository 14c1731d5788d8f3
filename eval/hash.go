package eval

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
)

const (
	lowerAlnum  = "abcdefghijklmnopqrstuvwxyz0123456789"
	shortLength = 8
)

// digestFunction declares a function from a text or bytes to a text.
func digestFunction(name, overload string, digest func([]byte) string) cel.EnvOption {
	binding := cel.UnaryBinding(func(v ref.Val) ref.Val {
		switch x := v.(type) {
		case types.String:
			return types.String(digest([]byte(x)))
		case types.Bytes:
			return types.String(digest(x))
		}
		return types.MaybeNoSuchOverloadErr(v)
	})
	return cel.Function(name,
		cel.Overload(overload+"_string", []*cel.Type{cel.StringType}, cel.StringType, binding),
		cel.Overload(overload+"_bytes", []*cel.Type{cel.BytesType}, cel.StringType, binding))
}

// sha256Hex is hash.sha256.
func sha256Hex(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// shortHash is hash.short: 41 bits of SHA-256.
func shortHash(data []byte) string {
	sum := sha256.Sum256(data)
	short := make([]byte, shortLength)
	for i := range short {
		short[i] = lowerAlnum[(int(sum[2*i])<<8+int(sum[2*i+1]))%len(lowerAlnum)]
	}
	return string(short)
}
