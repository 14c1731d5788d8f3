package spec

// The rules of reading YAML.
var (
	ruleRead      = rule{"unreadable", "cannot read"}
	ruleSyntax    = rule{"syntax", "invalid YAML"}
	ruleEncoding  = rule{"encoding", "invalid character"}
	ruleDuplicate = rule{"duplicate-key", "duplicate key"}
	ruleKey       = rule{"invalid-key", "invalid key"}
	ruleAlias     = rule{"invalid-alias", "invalid alias"}
	ruleMerge     = rule{"invalid-merge", "invalid merge"}
	ruleTag       = rule{"invalid-tag", "invalid tag"}
	ruleNumber    = rule{"invalid-number", "invalid number"}
)
