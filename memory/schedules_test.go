package memory_test

import (
	"testing"

	"hotline/memory"
	"hotline/oncall/escalation/escalationtest"
)

func TestTheTwinKeepsRotasByTheRules(t *testing.T) {
	escalationtest.Run(t, func(*testing.T) escalationtest.Store { return memory.New(417) })
}
