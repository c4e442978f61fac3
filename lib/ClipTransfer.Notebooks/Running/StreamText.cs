using System.Globalization;
using System.Text;

namespace ClipTransfer.Notebooks.Running;

/// <summary>Text as a terminal would show it: a carriage return goes back to the line's start, so a progress line that is written over and over stays one line.</summary>
internal sealed class StreamText
{
    /// <summary>A cell that writes without end must not fill the memory and the notebook.</summary>
    private const int MostLength = 1_000_000;

    private readonly StringBuilder _lines = new();
    private readonly StringBuilder _line = new();
    private int _column;
    private long _leftOut;

    /// <summary>The line that is being written.</summary>
    public string CurrentLine => _line.ToString();

    /// <summary>Adds text as it comes.</summary>
    public void Append(string text)
    {
        foreach (var character in text)
        {
            switch (character)
            {
                case '\n':
                    EndLine();
                    break;
                case '\r':
                    _column = 0;
                    break;
                case '\b':
                    _column = Math.Max(0, _column - 1);
                    break;
                default:
                    if (_column < _line.Length) _line[_column] = character;
                    else if (_line.Length < MostLength) _line.Append(character);
                    else _leftOut++;
                    _column++;
                    break;
            }
        }
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        var text = _lines.ToString() + _line;
        return _leftOut == 0 ? text : text + string.Create(CultureInfo.InvariantCulture, $"\n… {_leftOut} more characters left out\n");
    }

    private void EndLine()
    {
        if (_lines.Length + _line.Length < MostLength) _lines.Append(_line).Append('\n');
        else _leftOut += _line.Length + 1;
        _line.Clear();
        _column = 0;
    }
}
