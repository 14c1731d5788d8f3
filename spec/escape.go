package spec

import "strconv"

// simpleEscapes are the escapes of one letter in double-quoted scalars.
const simpleEscapes = "0\x00a\x07b\x08t\x09\t\x09n\x0av\x0bf\x0cr\x0de\x1b  \"\"''\\\\"

// unescape decodes the escape that a text starts with; n is its length, 0
// where it is none.
func unescape(text string) (value string, n int) {
	if len(text) < 2 {
		return "", 0
	}
	switch c := text[1]; c {
	case 'x':
		return unescapeHex(text, 2)
	case 'u':
		return unescapeHex(text, 4)
	case 'U':
		return unescapeHex(text, 8)
	case 'N':
		return "\u0085", 2
	case '_':
		return "\u00a0", 2
	case 'L':
		return "\u2028", 2
	case 'P':
		return "\u2029", 2
	default:
		for i := 0; i < len(simpleEscapes); i += 2 {
			if simpleEscapes[i] == c {
				return simpleEscapes[i+1 : i+2], 2
			}
		}
		return "", 0
	}
}

func unescapeHex(text string, digits int) (string, int) {
	if len(text) < 2+digits {
		return "", 0
	}
	code, err := strconv.ParseUint(text[2:2+digits], 16, 32)
	if err != nil {
		return "", 0
	}
	return string(rune(code)), 2 + digits
}
