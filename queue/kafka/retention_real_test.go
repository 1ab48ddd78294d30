//go:build integration

package kafka_test

import "testing"

func TestLossByRetentionOfARealBrokerIsSaid(t *testing.T) {
	t.Run("between", func(t *testing.T) { tellsOfRetention(t, realOptions(t, 1)) })
	t.Run("meanwhile", func(t *testing.T) { tellsOfRetentionMeanwhile(t, realOptions(t, 1)) })
}
