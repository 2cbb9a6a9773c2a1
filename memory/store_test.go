package memory_test

import (
	"testing"

	"hotline/memory"
	"hotline/tickets/ticketstest"
)

func TestTheTwinKeepsTheRulesOfEveryStore(t *testing.T) {
	ticketstest.Run(t, func(*testing.T) ticketstest.Store { return memory.New(417) })
}
