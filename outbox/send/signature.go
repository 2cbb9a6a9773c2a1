package send

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
)

// Signature is what Standard Webhooks 1.0 signs a message with: HMAC-SHA-256 of its id, the instant of the try in seconds, and its body.
func Signature(secret, id, at, body string) (string, error) {
	key, err := SigningKey(secret)
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + at + "." + body))
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}
