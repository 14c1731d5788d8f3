package eval

import (
	"crypto/rand"
	"fmt"
	"math/big"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
)

// maxRandom is the longest random string.
const maxRandom = 4096

// randomString is random.string. It is fit for passwords.
func randomString(v ref.Val) ref.Val {
	n := v.(types.Int)
	if n < 0 || n > maxRandom {
		return types.NewErr("random.string() makes 0 to %d characters", maxRandom)
	}
	out := make([]byte, n)
	for i := range out {
		out[i] = lowerAlnum[below(int64(len(lowerAlnum)))]
	}
	return types.String(out)
}

// randomInt is random.int.
func randomInt(low, high ref.Val) ref.Val {
	from, to := big.NewInt(int64(low.(types.Int))), big.NewInt(int64(high.(types.Int)))
	span := new(big.Int).Sub(to, from)
	if span.Sign() < 0 {
		return types.NewErr("random.int() needs the smaller number first")
	}
	n, err := rand.Int(rand.Reader, span.Add(span, big.NewInt(1)))
	if err != nil {
		return types.WrapErr(err)
	}
	return types.Int(n.Add(n, from).Int64())
}

// below is a random number from 0 to n-1. crypto/rand's Reader never fails.
func below(n int64) int64 {
	i, err := rand.Int(rand.Reader, big.NewInt(n))
	if err != nil {
		panic(err)
	}
	return i.Int64()
}

// newUUID is uuid(): version 4.
func newUUID(...ref.Val) ref.Val {
	var u [16]byte
	_, _ = rand.Read(u[:]) // never fails
	u[6] = u[6]&0x0f | 0x40
	u[8] = u[8]&0x3f | 0x80
	return types.String(fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:]))
}
