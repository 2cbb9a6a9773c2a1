package postgres

import (
	"testing"

	"hotline/oncall/escalation/escalationtest"
)

func TestPostgreSQLKeepsRotasByTheRules(t *testing.T) {
	escalationtest.Run(t, func(t *testing.T) escalationtest.Store { return fresh(t) })
}
