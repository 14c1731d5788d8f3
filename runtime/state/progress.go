package state

import (
	"fmt"
	"slices"

	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
)

// Load reads the records of handlers from an object. A damaged record counts
// as absent, and is among the errors.
func (s Storage) Load(obj map[string]any, ids []string) (map[string]Record, []error) {
	records := make(map[string]Record, len(ids))
	var errs []error
	for _, id := range ids {
		record, found, err := s.load(obj, id)
		if found {
			records[id] = record
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	return records, errs
}

// load reads the first record that is there and is sound.
func (s Storage) load(obj map[string]any, id string) (record Record, found bool, failure error) {
	for _, place := range s.recordPlaces(id, obj) {
		value, ok := essence.Lookup(obj, place)
		if !ok || value == nil {
			continue
		}
		record, err := read(value)
		if err == nil {
			return record, true, failure
		}
		if failure == nil {
			failure = fmt.Errorf("handler %q: at %s: %w", id, essence.FormatPath(place), err)
		}
	}
	return Record{}, false, failure
}

func read(value any) (Record, error) {
	if text, ok := value.(string); ok {
		return ParseRecord(text)
	}
	return RecordOf(value)
}

// Save makes a patch that stores these records and removes those to drop, from
// a cycle that was overtaken: a handler may be in both, and then has its new
// record. The patch is nil where nothing changes. Handlers that were never
// tried leave no record.
func (s Storage) Save(obj map[string]any, records map[string]Record, drop ...string) map[string]any {
	patch := s.PurgeRecords(obj, drop)
	for id, record := range records {
		current, found, _ := s.load(obj, id)
		if found && current.Equal(record) || record.Untried() {
			continue
		}
		home := s.recordPlaces(id, obj)[0]
		if s.Progress.InStatus {
			patch = s.write(patch, obj, home, overwrite(obj, home, record))
		} else {
			patch = s.write(patch, obj, home, record.Text())
		}
	}
	return patch
}

// overwrite is a record as a merge patch over the one that is there: what the
// new one does not have must go.
func overwrite(obj map[string]any, place []string, record Record) map[string]any {
	values := record.Values()
	value, _ := essence.Lookup(obj, place)
	there, _ := value.(map[string]any)
	for key := range there {
		if _, ok := values[key]; !ok {
			values[key] = nil
		}
	}
	return values
}

// Purge makes a patch that removes the records of these handlers in all forms
// that are on the object, the essence that their cycle began with, and a touch
// of an operator in Python. It is nil where nothing is there.
func (s Storage) Purge(obj map[string]any, ids []string) map[string]any {
	patch := s.PurgeRecords(obj, ids)
	for _, place := range s.touchPlaces(obj) {
		patch = erase(patch, obj, place)
	}
	return erase(patch, obj, s.pendingPlace(obj))
}

// PurgeRecords is Purge while the cycle goes on.
func (s Storage) PurgeRecords(obj map[string]any, ids []string) map[string]any {
	var patch map[string]any
	for _, id := range ids {
		for _, place := range s.recordPlaces(id, obj) {
			patch = erase(patch, obj, place)
		}
	}
	return patch
}

// WithSubrefs adds to ids of handlers those of the sub-handlers they started.
func WithSubrefs(ids []string, records map[string]Record) []string {
	all := slices.Clone(ids)
	for _, record := range records {
		all = append(all, record.Subrefs...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
