// Package vad tells speech from noise (voice activity detection), and when somebody has finished speaking (endpointing).
//
// [Detector] judges single frames: two mixtures of Gaussians for each of six bands, one of noise and one of speech, which adapt
// to the line. Its constants are those of the WebRTC voice activity detector, mode 2, for 20 ms frames. [Endpointer] is built on
// it and ends a recording. package media feeds it what a recorded leg hears, and package amd what a called telephone hears.
//
//	filterbank.go  one frame into the levels of six bands
//	gaussians.go   the two models
//	adaptation.go  how the models adapt to the line
//	detector.go    speech or not, frame by frame
//	endpointer.go  when somebody has finished
package vad
