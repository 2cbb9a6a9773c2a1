package memory_test

import (
	"testing"

	"hotline/memory"
	"hotline/storage/storagetest"
)

func TestTheTwinKeepsRotasByTheRules(t *testing.T) {
	storagetest.Schedules(t, func(*testing.T) storagetest.SchedulesStore { return memory.New(417) })
}
