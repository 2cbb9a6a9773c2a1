package postgres

import (
	"testing"

	"hotline/storage/storagetest"
)

func TestPostgreSQLKeepsRotasByTheRules(t *testing.T) {
	storagetest.Schedules(t, func(t *testing.T) storagetest.SchedulesStore { return fresh(t) })
}
