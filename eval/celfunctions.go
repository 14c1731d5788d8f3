package eval

// Libraries, as AllFunctions names them. All but the first are CEL's and
// Kubernetes'.
const (
	LibraryOurs       = "kopf-declarative"
	LibraryOperators  = "CEL operators"
	LibraryMacros     = "CEL macros"
	LibraryStandard   = "CEL standard functions"
	LibraryTime       = "CEL times"
	LibraryOptional   = "CEL optional values"
	LibraryStrings    = "CEL strings"
	LibraryLists      = "CEL lists"
	LibrarySets       = "CEL sets"
	LibraryMath       = "CEL math"
	LibraryEncoders   = "CEL encoders"
	LibraryTwoVars    = "CEL macros with two variables"
	LibraryRegex      = "Kubernetes regular expressions"
	LibraryKubeLists  = "Kubernetes lists"
	LibraryQuantities = "Kubernetes quantities"
	LibraryURLs       = "Kubernetes URLs"
	LibraryIPs        = "Kubernetes IP addresses"
	LibraryCIDRs      = "Kubernetes CIDRs"
	LibraryFormats    = "Kubernetes formats"
	LibraryVersions   = "Kubernetes semantic versions"
)

// Libraries are all of them, in the order in which people are shown them.
var Libraries = []string{LibraryOurs, LibraryOperators, LibraryMacros, LibraryTwoVars, LibraryStandard, LibraryStrings, LibraryRegex, LibraryLists,
	LibraryKubeLists, LibrarySets, LibraryMath, LibraryTime, LibraryOptional, LibraryEncoders, LibraryQuantities, LibraryVersions, LibraryURLs,
	LibraryIPs, LibraryCIDRs, LibraryFormats}

// celFunction describes what CEL and its libraries declare with too few words,
// or none. The signatures come from the declarations; a test compares the two.
type celFunction struct {
	library string
	// name is as users write it.
	name string
	// on is the type of the value that it is called on, where functions of the
	// name on other types do something else.
	on  string
	doc string
	// example is an expression that is true.
	example string
}

var celFunctions = []celFunction{
	{LibraryStandard, "size", "", "How many characters, bytes, elements or entries there are.", `'héllo'.size() == 5`},
	{LibraryStandard, "contains", "", "Whether a text has the other in it.", `'hello world'.contains('o w')`},
	{LibraryStandard, "startsWith", "", "Whether a text begins with the other.", `'hello world'.startsWith('hello')`},
	{LibraryStandard, "endsWith", "", "Whether a text ends with the other.", `'hello world'.endsWith('world')`},
	{LibraryStandard, "matches", "", "Whether a regular expression (RE2) fits some part of a text; ^ and $ stand for its begin and end.", `'web-12'.matches('^[a-z]+-[0-9]+$')`},
	{LibraryStandard, "bool", "", "A boolean from a text such as true, false, t, f, 1 and 0.", `bool('true')`},
	{LibraryStandard, "bytes", "", "The UTF-8 bytes of a text.", `bytes('hi') == b'hi'`},
	{LibraryStandard, "double", "", "A number with fraction from another number or a text.", `double('1.5') == 1.5`},
	{LibraryStandard, "int", "", "A whole number from another number or a text; fractions are cut off, times are seconds since 1970.", `int('12') + int(3.9) == 15`},
	{LibraryStandard, "uint", "", "A whole number that is not negative, from another number or a text.", `uint('12') == 12u`},
	{LibraryStandard, "string", "", "A text from a number, a boolean, bytes, a time, a duration, an IP address or a CIDR.", `string(12) == '12'`},
	{LibraryStandard, "dyn", "", "The same value, of which the type is not checked before it is evaluated.", `(true ? dyn(1) : 'none') == 1`},
	{LibraryStandard, "type", "", "The type of a value, to compare with int, uint, double, bool, string, bytes, list, map and null_type.", `type(1) == int`},

	{LibraryTime, "duration", "", "A duration from a text such as 1h30m; units are h, m, s, ms, us and ns.", `duration('90m') == duration('1h30m')`},
	{LibraryTime, "timestamp", "", "A time from an RFC 3339 text or from seconds since 1970.", `timestamp('2026-01-01T00:00:00Z') < timestamp('2026-01-01T00:00:01Z')`},
	{LibraryTime, "getFullYear", "", "The year, in UTC or in the time zone given.", `timestamp('2026-07-14T10:30:45Z').getFullYear() == 2026`},
	{LibraryTime, "getMonth", "", "The month from 0 for January, in UTC or in the time zone given.", `timestamp('2026-07-14T10:30:45Z').getMonth() == 6`},
	{LibraryTime, "getDate", "", "The day of the month from 1, in UTC or in the time zone given.", `timestamp('2026-07-14T10:30:45Z').getDate() == 14`},
	{LibraryTime, "getDayOfMonth", "", "The day of the month from 0, in UTC or in the time zone given.", `timestamp('2026-07-14T10:30:45Z').getDayOfMonth() == 13`},
	{LibraryTime, "getDayOfWeek", "", "The day of the week from 0 for Sunday, in UTC or in the time zone given.", `timestamp('2026-07-14T10:30:45Z').getDayOfWeek() == 2`},
	{LibraryTime, "getDayOfYear", "", "The day of the year from 0, in UTC or in the time zone given.", `timestamp('2026-01-02T00:00:00Z').getDayOfYear() == 1`},
	{LibraryTime, "getHours", "timestamp", "The hour of a time from 0 to 23, in UTC or in the time zone given.", `timestamp('2026-07-14T10:30:45Z').getHours('Europe/Berlin') == 12`},
	{LibraryTime, "getHours", "duration", "The whole hours in a duration.", `duration('90m').getHours() == 1`},
	{LibraryTime, "getMinutes", "timestamp", "The minute of a time from 0 to 59, in UTC or in the time zone given.", `timestamp('2026-07-14T10:30:45Z').getMinutes() == 30`},
	{LibraryTime, "getMinutes", "duration", "The whole minutes in a duration.", `duration('90m').getMinutes() == 90`},
	{LibraryTime, "getSeconds", "timestamp", "The second of a time from 0 to 59, in UTC or in the time zone given.", `timestamp('2026-07-14T10:30:45Z').getSeconds() == 45`},
	{LibraryTime, "getSeconds", "duration", "The whole seconds in a duration.", `duration('90m').getSeconds() == 5400`},
	{LibraryTime, "getMilliseconds", "timestamp", "The milliseconds of a time from 0 to 999.", `timestamp('2026-07-14T10:30:45.123Z').getMilliseconds() == 123`},
	{LibraryTime, "getMilliseconds", "duration", "The whole milliseconds in a duration.", `duration('1500ms').getMilliseconds() == 1500`},

	{LibraryOptional, "optional.of", "", "An optional with that value.", `optional.of(1).hasValue()`},
	{LibraryOptional, "optional.ofNonZeroValue", "", "An optional with that value; one without where the value is empty, 0, false or null.", `!optional.ofNonZeroValue('').hasValue()`},
	{LibraryOptional, "optional.none", "", "An optional without a value.", `!optional.none().hasValue()`},
	{LibraryOptional, "hasValue", "", "Whether an optional has a value.", `optional.of(1).hasValue()`},
	{LibraryOptional, "value", "", "The value of an optional; an error where it has none.", `optional.of(1).value() == 1`},
	{LibraryOptional, "or", "", "The first optional if it has a value, else the second.", `optional.none().or(optional.of(2)).value() == 2`},
	{LibraryOptional, "orValue", "", "The value of an optional, or else the one given.", `spec.?missing.orValue('default') == 'default'`},
	{LibraryOptional, "optional.unwrap", "", "The values of those optionals in a list that have one.", `optional.unwrap([optional.of(1), optional.none()]) == [1]`},
	{LibraryOptional, "unwrapOpt", "", "The values of those optionals in a list that have one.", `[optional.of(1), optional.none()].unwrapOpt() == [1]`},

	{LibraryStrings, "charAt", "", "The character at an index from 0; empty at the end.", `'hello'.charAt(4) == 'o'`},
	{LibraryStrings, "format", "", "The text with %s, %d, %f, %e, %b, %x, %X and %o replaced by the elements of the list.", `'%s has %d parts'.format(['web', 3]) == 'web has 3 parts'`},
	{LibraryStrings, "indexOf", "string", "The index at which the other text begins first, from the given index on, or -1.", `'hello mellow'.indexOf('ello', 2) == 7`},
	{LibraryStrings, "lastIndexOf", "string", "The index at which the other text begins last, up to the given index, or -1.", `'hello mellow'.lastIndexOf('ello') == 7`},
	{LibraryStrings, "join", "", "The texts of a list one behind the other, with the given text between them.", `['a', 'b'].join(', ') == 'a, b'`},
	{LibraryStrings, "lowerAscii", "", "The text with A to Z in lower case.", `'TacoCat'.lowerAscii() == 'tacocat'`},
	{LibraryStrings, "upperAscii", "", "The text with a to z in upper case.", `'TacoCat'.upperAscii() == 'TACOCAT'`},
	{LibraryStrings, "replace", "", "The text with the first given text replaced by the second: everywhere, or so many times.", `'hello hello'.replace('he', 'we', 1) == 'wello hello'`},
	{LibraryStrings, "reverse", "string", "The characters of a text from the last to the first.", `'gums'.reverse() == 'smug'`},
	{LibraryStrings, "split", "", "The parts of a text between the separators; with a number, at most so many parts.", `'a,b,c'.split(',', 2) == ['a', 'b,c']`},
	{LibraryStrings, "strings.quote", "", "The text in double quotes, with what needs it escaped.", `strings.quote('a "b"') == '"a \\"b\\""'`},
	{LibraryStrings, "substring", "", "The part of a text from an index on, before the second index.", `'tacocat'.substring(0, 4) == 'taco'`},
	{LibraryStrings, "trim", "", "The text without white space at both ends.", `'  trim '.trim() == 'trim'`},

	{LibraryLists, "distinct", "", "The list with each element once.", `[1, 2, 2, 3].distinct() == [1, 2, 3]`},
	{LibraryLists, "first", "", "The first element as an optional.", `[1, 2].first().value() == 1`},
	{LibraryLists, "last", "", "The last element as an optional.", `[1, 2].last().value() == 2`},
	{LibraryLists, "flatten", "", "The elements of the lists in a list; with a number, so many levels deep.", `[[1], [2, 3]].flatten() == [1, 2, 3]`},
	{LibraryLists, "lists.range", "", "The whole numbers from 0, as many as said.", `lists.range(3) == [0, 1, 2]`},
	{LibraryLists, "reverse", "list", "The elements of a list from the last to the first.", `[1, 2, 3].reverse() == [3, 2, 1]`},
	{LibraryLists, "slice", "", "The elements from the first index on, before the second.", `[1, 2, 3, 4].slice(1, 3) == [2, 3]`},
	{LibraryLists, "sort", "", "The list in ascending order; its elements are of one type.", `[3, 1, 2].sort() == [1, 2, 3]`},

	{LibrarySets, "sets.contains", "", "Whether the first list has all elements of the second.", `sets.contains([1, 2, 3], [3, 1])`},
	{LibrarySets, "sets.equivalent", "", "Whether two lists have the same elements, in any order and number.", `sets.equivalent([1, 2, 2], [2, 1])`},
	{LibrarySets, "sets.intersects", "", "Whether two lists have an element in common.", `sets.intersects([1, 2], [2, 3])`},

	{LibraryMath, "math.abs", "", "The number without its sign.", `math.abs(-2) == 2`},
	{LibraryMath, "math.sign", "", "-1, 0 or 1, as the number is negative, 0 or positive.", `math.sign(-42) == -1`},
	{LibraryMath, "math.ceil", "", "The next whole number upwards.", `math.ceil(1.2) == 2.0`},
	{LibraryMath, "math.floor", "", "The next whole number downwards.", `math.floor(1.8) == 1.0`},
	{LibraryMath, "math.round", "", "The nearest whole number; halves go away from 0.", `math.round(1.5) == 2.0`},
	{LibraryMath, "math.trunc", "", "The number without its fraction.", `math.trunc(-1.8) == -1.0`},
	{LibraryMath, "math.sqrt", "", "The square root; not a number for negative ones.", `math.sqrt(81) == 9.0`},
	{LibraryMath, "math.isInf", "", "Whether it is infinite.", `math.isInf(1.0 / 0.0)`},
	{LibraryMath, "math.isNaN", "", "Whether it is not a number.", `math.isNaN(0.0 / 0.0)`},
	{LibraryMath, "math.isFinite", "", "Whether it is neither infinite nor not a number.", `math.isFinite(1.2)`},
	{LibraryMath, "math.bitAnd", "", "The bits that are set in both.", `math.bitAnd(3, 5) == 1`},
	{LibraryMath, "math.bitOr", "", "The bits that are set in one or both.", `math.bitOr(1, 2) == 3`},
	{LibraryMath, "math.bitXor", "", "The bits that are set in one of both.", `math.bitXor(3, 5) == 6`},
	{LibraryMath, "math.bitNot", "", "All bits the other way round.", `math.bitNot(1) == -2`},
	{LibraryMath, "math.bitShiftLeft", "", "The bits moved upwards by so many places.", `math.bitShiftLeft(1, 2) == 4`},
	{LibraryMath, "math.bitShiftRight", "", "The bits moved downwards by so many places; zeros follow.", `math.bitShiftRight(1024, 2) == 256`},

	{LibraryEncoders, "base64.encode", "", "Bytes as a base64 text.", `base64.encode(b'hello') == 'aGVsbG8='`},
	{LibraryEncoders, "base64.decode", "", "The bytes of a base64 text; string(…) makes a text of them.", `string(base64.decode('aGVsbG8=')) == 'hello'`},

	{LibraryRegex, "find", "", "The first part of a text that a regular expression (RE2) fits, or an empty text.", `'abc 123'.find('[0-9]+') == '123'`},
	{LibraryRegex, "findAll", "", "All parts of a text that a regular expression (RE2) fits; with a number, at most so many.", `'1 and 22'.findAll('[0-9]+') == ['1', '22']`},

	{LibraryKubeLists, "includes", "", "Whether a list has the element; of anything but a list, whether it is equal.", `[1, 2, 3].includes(2)`},
	{LibraryKubeLists, "indexOf", "list", "The index of the first such element, or -1.", `[1, 2, 2].indexOf(2) == 1`},
	{LibraryKubeLists, "lastIndexOf", "list", "The index of the last such element, or -1.", `[1, 2, 2].lastIndexOf(2) == 2`},
	{LibraryKubeLists, "isSorted", "", "Whether the elements are in ascending order.", `[1, 2, 3].isSorted()`},
	{LibraryKubeLists, "max", "", "The greatest element; an error for an empty list.", `[1, 3].max() == 3`},
	{LibraryKubeLists, "min", "", "The least element; an error for an empty list.", `[1, 3].min() == 1`},
	{LibraryKubeLists, "sum", "", "The sum of the elements.", `[1, 3].sum() == 4`},

	{LibraryQuantities, "quantity", "", "A Kubernetes quantity such as 500m, 1.5G or 2Gi.", `quantity('1Gi') == quantity('1024Mi')`},
	{LibraryQuantities, "isQuantity", "", "Whether the text is a quantity.", `isQuantity('1.3Gi') && !isQuantity('Three')`},
	{LibraryQuantities, "add", "", "The sum of a quantity and another or a whole number.", `quantity('50k').add(20) == quantity('50020')`},
	{LibraryQuantities, "sub", "", "The difference of a quantity and another or a whole number.", `quantity('50k').sub(quantity('20k')) == quantity('30k')`},
	{LibraryQuantities, "sign", "", "-1, 0 or 1, as the quantity is negative, 0 or positive.", `sign(quantity('-1')) == -1`},
	{LibraryQuantities, "isInteger", "", "Whether asInteger has a result.", `quantity('50k').isInteger()`},
	{LibraryQuantities, "asInteger", "", "The quantity as a whole number; an error where it is none, or too large.", `quantity('50k').asInteger() == 50000`},
	{LibraryQuantities, "asApproximateFloat", "", "The quantity as a number with fraction, as exact as that can be.", `quantity('500m').asApproximateFloat() == 0.5`},
	{LibraryQuantities, "compareTo", "quantity", "-1, 0 or 1, as the quantity is less than the other, equal or greater.", `quantity('50M').compareTo(quantity('50Mi')) == -1`},
	{LibraryQuantities, "isGreaterThan", "quantity", "Whether the quantity is greater than the other.", `quantity('2Gi').isGreaterThan(quantity('1Gi'))`},
	{LibraryQuantities, "isLessThan", "quantity", "Whether the quantity is less than the other.", `quantity('1Gi').isLessThan(quantity('2Gi'))`},

	{LibraryURLs, "url", "", "The parts of a URL, which must be absolute, or an absolute path.", `url('https://example.com/').getHost() == 'example.com'`},
	{LibraryURLs, "isURL", "", "Whether the text is an absolute URL or an absolute path.", `isURL('/path') && !isURL('../path')`},
	{LibraryURLs, "getScheme", "", "The scheme of a URL, such as https, or an empty text.", `url('https://example.com/').getScheme() == 'https'`},
	{LibraryURLs, "getHost", "", "The host of a URL with its port, or an empty text.", `url('https://example.com:80/').getHost() == 'example.com:80'`},
	{LibraryURLs, "getHostname", "", "The host of a URL without its port, or an empty text.", `url('https://[::1]:80/').getHostname() == '::1'`},
	{LibraryURLs, "getPort", "", "The port of a URL as a text, empty where it names none.", `url('https://example.com:80/').getPort() == '80'`},
	{LibraryURLs, "getEscapedPath", "", "The path of a URL, with what needs it escaped.", `url('https://example.com/with space').getEscapedPath() == '/with%20space'`},
	{LibraryURLs, "getQuery", "", "The parameters of a URL: a list of values for each name.", `url('https://example.com/?a=1&a=2').getQuery() == {'a': ['1', '2']}`},

	{LibraryIPs, "ip", "", "An IP address from a text.", `ip('127.0.0.1').isLoopback()`},
	{LibraryIPs, "isIP", "", "Whether the text is an IP address.", `isIP('::1') && !isIP('127.0.0.256')`},
	{LibraryIPs, "ip.isCanonical", "", "Whether the IP address is written in its one canonical form.", `ip.isCanonical('2001:db8::abcd') && !ip.isCanonical('2001:DB8::ABCD')`},
	{LibraryIPs, "family", "", "4 or 6.", `ip('::1').family() == 6`},
	{LibraryIPs, "isUnspecified", "", "Whether it is 0.0.0.0 or ::.", `ip('0.0.0.0').isUnspecified()`},
	{LibraryIPs, "isLoopback", "", "Whether it is 127.x.x.x or ::1.", `ip('127.0.0.1').isLoopback()`},
	{LibraryIPs, "isLinkLocalMulticast", "", "Whether it is 224.0.0.x or in ff02::/16.", `ip('224.0.0.1').isLinkLocalMulticast()`},
	{LibraryIPs, "isLinkLocalUnicast", "", "Whether it is 169.254.x.x or in fe80::/10.", `ip('169.254.169.254').isLinkLocalUnicast()`},
	{LibraryIPs, "isGlobalUnicast", "", "Whether it is the address of one host, and not only of its own network segment or itself.", `ip('192.168.0.1').isGlobalUnicast()`},

	{LibraryCIDRs, "cidr", "", "A network from a text such as 10.0.0.0/8.", `cidr('10.0.0.0/8').containsIP('10.1.2.3')`},
	{LibraryCIDRs, "isCIDR", "", "Whether the text is a network.", `isCIDR('10.0.0.0/8') && !isCIDR('10.0.0.0/33')`},
	{LibraryCIDRs, "containsIP", "", "Whether an IP address is in the network.", `cidr('192.168.0.0/24').containsIP('192.168.0.1')`},
	{LibraryCIDRs, "containsCIDR", "", "Whether another network is in the network.", `cidr('192.168.0.0/16').containsCIDR('192.168.10.0/24')`},
	{LibraryCIDRs, "ip", "cidr", "The IP address of a network.", `cidr('10.0.0.0/8').ip() == ip('10.0.0.0')`},
	{LibraryCIDRs, "masked", "", "The network with all bits behind its prefix 0.", `cidr('192.168.0.0/24').masked() == cidr('192.168.0.0/24')`},
	{LibraryCIDRs, "prefixLength", "", "How many bits the prefix of the network has.", `cidr('10.0.0.0/8').prefixLength() == 8`},

	{LibraryFormats, "validate", "", "What is wrong with a text by a format: a list of messages, or an optional without a value where nothing is.", `!format.dns1123Label().validate('my-name').hasValue()`},
	{LibraryFormats, "format.named", "", "The format of that name, as an optional.", `format.named('uuid').hasValue()`},
	{LibraryFormats, "format.byte", "", "The format of base64 texts.", `!format.byte().validate('aGVsbG8=').hasValue()`},
	{LibraryFormats, "format.date", "", "The format of dates, such as 2026-01-31.", `!format.date().validate('2026-01-31').hasValue()`},
	{LibraryFormats, "format.datetime", "", "The format of times by RFC 3339.", `!format.datetime().validate('2026-01-31T00:00:00Z').hasValue()`},
	{LibraryFormats, "format.dns1035Label", "", "The format of names of services: small letters, digits and dashes, at most 63, from a letter on.", `format.dns1035Label().validate('1web').hasValue()`},
	{LibraryFormats, "format.dns1035LabelPrefix", "", "The format of the beginning of a dns1035Label: it may end in a dash.", `!format.dns1035LabelPrefix().validate('web-').hasValue()`},
	{LibraryFormats, "format.dns1123Label", "", "The format of most names: small letters, digits and dashes, at most 63.", `!format.dns1123Label().validate('1web').hasValue()`},
	{LibraryFormats, "format.dns1123LabelPrefix", "", "The format of the beginning of a dns1123Label: it may end in a dash.", `!format.dns1123LabelPrefix().validate('web-').hasValue()`},
	{LibraryFormats, "format.dns1123Subdomain", "", "The format of names that may have dots in them, at most 253 characters.", `!format.dns1123Subdomain().validate('example.com').hasValue()`},
	{LibraryFormats, "format.dns1123SubdomainPrefix", "", "The format of the beginning of a dns1123Subdomain: it may end in a dash.", `!format.dns1123SubdomainPrefix().validate('example.com-').hasValue()`},
	{LibraryFormats, "format.labelValue", "", "The format of values of labels.", `!format.labelValue().validate('my_value').hasValue()`},
	{LibraryFormats, "format.qualifiedName", "", "The format of names of labels and annotations.", `!format.qualifiedName().validate('example.com/name').hasValue()`},
	{LibraryFormats, "format.uri", "", "The format of URLs.", `!format.uri().validate('https://example.com').hasValue()`},
	{LibraryFormats, "format.uuid", "", "The format of UUIDs.", `format.uuid().validate('1-2-3').hasValue()`},

	{LibraryVersions, "semver", "", "A semantic version. With true, v1.2 and the like are taken too.", `semver('v1.2', true) == semver('1.2.0')`},
	{LibraryVersions, "isSemver", "", "Whether the text is a semantic version. With true, v1.2 and the like are too.", `isSemver('1.2.3') && !isSemver('v1.2')`},
	{LibraryVersions, "major", "", "The first number of a version.", `semver('1.2.3').major() == 1`},
	{LibraryVersions, "minor", "", "The second number of a version.", `semver('1.2.3').minor() == 2`},
	{LibraryVersions, "patch", "", "The third number of a version.", `semver('1.2.3').patch() == 3`},
	{LibraryVersions, "compareTo", "semver", "-1, 0 or 1, as the version is lower than the other, the same or higher.", `semver('1.2.3').compareTo(semver('2.0.0')) == -1`},
	{LibraryVersions, "isGreaterThan", "semver", "Whether the version is higher than the other.", `semver('1.10.0').isGreaterThan(semver('1.9.0'))`},
	{LibraryVersions, "isLessThan", "semver", "Whether the version is lower than the other.", `semver('1.9.0').isLessThan(semver('1.10.0'))`},
}

// celOperator describes an operator.
type celOperator struct {
	// name is its symbol, declared are its names in the declarations.
	name     string
	declared []string
	usage    []string
	doc      string
	example  string
}

var celOperators = []celOperator{
	{"!", []string{"!_"}, []string{"!bool -> bool"}, "Not.", `!false`},
	{"&&", []string{"_&&_"}, []string{"bool && bool -> bool"}, "And. Where one side is false, an error of the other does not matter.", `!(false && spec.missing)`},
	{"||", []string{"_||_"}, []string{"bool || bool -> bool"}, "Or. Where one side is true, an error of the other does not matter.", `true || spec.missing`},
	{"?:", []string{"_?_:_"}, []string{"bool ? any : any -> any"}, "The first value if the condition is true, else the second.", `(2 > 1 ? 'yes' : 'no') == 'yes'`},
	{"==", []string{"_==_"}, []string{"any == any -> bool"}, "Whether two values are equal, in depth; numbers of different types are compared by value.", `[1, {'a': 2}] == [1, {'a': 2}]`},
	{"!=", []string{"_!=_"}, []string{"any != any -> bool"}, "Whether two values differ.", `1 != 2`},
	{"<", []string{"_<_"}, []string{"any < any -> bool"}, "Whether the first is less: numbers, texts, bytes, booleans, times, durations.", `1 < 2`},
	{"<=", []string{"_<=_"}, []string{"any <= any -> bool"}, "Whether the first is less or equal.", `2 <= 2`},
	{">", []string{"_>_"}, []string{"any > any -> bool"}, "Whether the first is greater.", `'b' > 'a'`},
	{">=", []string{"_>=_"}, []string{"any >= any -> bool"}, "Whether the first is greater or equal.", `now >= timestamp('2020-01-01T00:00:00Z')`},
	{"+", []string{"_+_"}, []string{"any + any -> any"}, "The sum of numbers, times and durations; texts, bytes and lists one behind the other.", `[1] + [2] == [1, 2]`},
	{"-", []string{"_-_", "-_"}, []string{"any - any -> any", "-number -> number"}, "The difference of numbers, times and durations; or minus a number.", `3 - 1 == 2`},
	{"*", []string{"_*_"}, []string{"number * number -> number"}, "The product of two numbers of one type.", `2 * 3 == 6`},
	{"/", []string{"_/_"}, []string{"number / number -> number"}, "The quotient of two numbers of one type; that of whole numbers is whole.", `7 / 2 == 3`},
	{"%", []string{"_%_"}, []string{"int % int -> int"}, "The remainder of the division of whole numbers.", `7 % 2 == 1`},
	{"in", []string{"@in"}, []string{"any in (list | map) -> bool"}, "Whether a list has the element, or a map the key.", `'app' in {'app': 'web'}`},
	{"[]", []string{"_[_]"}, []string{"list[int] -> any", "map[key] -> any"}, "The element of a list by its index from 0, or of a map by its key; an error where there is none.", `['a', 'b'][1] == 'b'`},
	{"[?]", []string{"_[?_]"}, []string{"list[?int] -> optional", "map[?key] -> optional"}, "The element as an optional, which has no value where there is none.", `['a'][?5].orValue('none') == 'none'`},
	{".?", []string{"_?._"}, []string{"map.?field -> optional"}, "The field as an optional, which has no value where there is none.", `spec.?missing.orValue(1) == 1`},
}

// celMacro describes a macro: it has no declaration of types.
type celMacro struct {
	library string
	name    string
	// on is the type of the value that it is called on, empty for none.
	on string
	// usage is the signature.
	usage   string
	doc     string
	example string
}

// collection is what most macros walk.
const collection = "list | map"

var celMacros = []celMacro{
	{LibraryMacros, "has", "", "has(a.b) -> bool", "Whether a field is there; the field, not what it is selected from, may be missing.", `has(spec.size) && !has(spec.missing)`},
	{LibraryMacros, "all", collection, "(list | map).all(x, condition) -> bool", "Whether the condition holds for all elements, or for all keys of a map.", `[1, 2].all(x, x > 0)`},
	{LibraryMacros, "exists", collection, "(list | map).exists(x, condition) -> bool", "Whether the condition holds for some element, or for some key of a map.", `[1, 2].exists(x, x > 1)`},
	{LibraryMacros, "exists_one", collection, "(list | map).exists_one(x, condition) -> bool", "Whether the condition holds for exactly one element, or one key of a map.", `[1, 2].exists_one(x, x > 1)`},
	{LibraryMacros, "map", collection, "(list | map).map(x, [condition,] value) -> list", "A list of the values that are made of the elements, or of the keys of a map; of those for which the condition holds.", `[1, 2].map(x, x * 2) == [2, 4]`},
	{LibraryMacros, "filter", collection, "(list | map).filter(x, condition) -> list", "The elements, or the keys of a map, for which the condition holds.", `[1, 2, 3].filter(x, x > 1) == [2, 3]`},
	{LibraryMacros, "cel.bind", "", "cel.bind(x, value, expression) -> any", "The expression, in which x is the value.", `cel.bind(x, 1 + 1, x * x) == 4`},
	{LibraryLists, "sortBy", "list", "list.sortBy(x, key) -> list", "The list in ascending order of the keys that are made of the elements.", `['bb', 'a'].sortBy(x, size(x)) == ['a', 'bb']`},
	{LibraryMath, "math.greatest", "", "math.greatest(number, …) -> number", "The greatest of the numbers, or of those in a list.", `math.greatest(1, 3, 2) == 3`},
	{LibraryMath, "math.least", "", "math.least(number, …) -> number", "The least of the numbers, or of those in a list.", `math.least([3, 1, 2]) == 1`},
	{LibraryOptional, "optMap", "optional", "optional.optMap(x, expression) -> optional", "An optional with what is made of the value, where there is one.", `optional.of(2).optMap(x, x * 2).value() == 4`},
	{LibraryOptional, "optFlatMap", "optional", "optional.optFlatMap(x, expression) -> optional", "The optional that is made of the value, where there is one.", `optional.of({'a': 1}).optFlatMap(x, x.?a).value() == 1`},
	{LibraryTwoVars, "all", collection, "(list | map).all(k, v, condition) -> bool", "Whether the condition holds for all elements; k is the index or the key, v the value.", `{'a': 1}.all(k, v, k == 'a' && v == 1)`},
	{LibraryTwoVars, "exists", collection, "(list | map).exists(k, v, condition) -> bool", "Whether the condition holds for some element; k is the index or the key, v the value.", `{'a': 1}.exists(k, v, v == 1)`},
	{LibraryTwoVars, "exists_one", collection, "(list | map).exists_one(k, v, condition) -> bool", "Whether the condition holds for exactly one element; k is the index or the key, v the value.", `{'a': 1, 'b': 2}.exists_one(k, v, v > 1)`},
	{LibraryTwoVars, "existsOne", collection, "(list | map).existsOne(k, v, condition) -> bool", "The same as `exists_one`.", `{'a': 1, 'b': 2}.existsOne(k, v, v > 1)`},
	{LibraryTwoVars, "transformList", collection, "(list | map).transformList(k, v, [condition,] value) -> list", "A list of the values that are made of indexes or keys k and values v; of those for which the condition holds.", `{'a': 1}.transformList(k, v, k + string(v)) == ['a1']`},
	{LibraryTwoVars, "transformMap", collection, "(list | map).transformMap(k, v, [condition,] value) -> map", "A map of the same indexes or keys, with values that are made of k and v; of those for which the condition holds.", `{'a': 1, 'b': 2}.transformMap(k, v, v > 1, v * 2) == {'b': 4}`},
	{LibraryTwoVars, "transformMapEntry", collection, "(list | map).transformMapEntry(k, v, [condition,] {key: value}) -> map", "A map of the entries that are made of k and v; of those for which the condition holds.", `{'a': 1}.transformMapEntry(k, v, {'x' + k: v}) == {'xa': 1}`},
}
