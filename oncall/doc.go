// Package oncall is who is on duty and in which order they are called: pure decisions on (facts, now).
package oncall
