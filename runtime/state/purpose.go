package state

import "slices"

// Repurpose fits what is on an object to the current cause: its purpose, the
// handlers selected for it, and the records of all handlers of the operator.
// It returns the records to go on with, and the ids of those to be removed.
//
// A cycle that another one overtakes, as when an update joins a resume, hands
// its records over: a handler that had succeeded is not run again. The selected
// handlers in anew do begin from nothing, because for them the new purpose is
// another task: a handler for create and delete that had created something has
// not deleted it yet.
//
// Records without a purpose, from old versions, fit any. Those of the same
// purpose whose handler is not selected any more stay until the cycle ends.
func Repurpose(purpose string, selected, anew []string, loaded map[string]Record) (records map[string]Record, drop []string) {
	records = make(map[string]Record, len(selected))
	for id, record := range loaded {
		overtaken := record.Purpose != purpose && record.Purpose != ""
		due := slices.Contains(selected, id)
		if overtaken && (!due || slices.Contains(anew, id)) {
			drop = append(drop, id)
			continue
		}
		if due {
			record.Purpose = purpose
		}
		records[id] = record
	}
	for _, id := range selected {
		if _, ok := records[id]; !ok {
			records[id] = Record{Purpose: purpose}
		}
	}
	slices.Sort(drop)
	return records, drop
}
