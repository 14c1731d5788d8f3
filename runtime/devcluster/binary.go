package devcluster
import ("context";"io";"errors")
func Binary(ctx context.Context, progress io.Writer) (string, error) { return "", errors.New("x") }
