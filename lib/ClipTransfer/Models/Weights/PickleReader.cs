using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace ClipTransfer.Models.Weights;

/// <summary>Reads a pickle (protocols 2 to 5) that holds tensors in containers, and nothing else.</summary>
/// <remarks>
/// A pickle is a program for a stack machine (Python's <c>pickletools</c> describes every instruction). This one knows the instructions that build numbers, texts,
/// lists, tuples and dictionaries; of names it accepts only those in <see cref="PickleTensors"/>, and calls none. Dictionaries keep text keys (numbers as their digits).
/// How much may be built is bounded by the length of the file around it, so that a few bytes cannot fill the memory: real weights are mostly numbers, not pickle.
/// </remarks>
internal sealed class PickleReader
{
    private const long AllowedAnyway = 1 << 15;
    private const long BytesPerValue = 6;
    private const int DictionaryCost = 8;
    private static readonly object _mark = new();
    private static readonly object?[] _emptyTuple = [];
    private static readonly object[] _smallNumbers = [.. Enumerable.Range(0, 256).Select(n => (object)(long)n)];
    private static readonly UTF8Encoding _utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private readonly byte[] _bytes;
    private readonly List<object?> _stack = [];
    private readonly List<object?> _memo = [];
    private int _at;
    private long _allowed;

    private PickleReader(byte[] bytes, long fileBytes)
    {
        _bytes = bytes;
        _allowed = AllowedAnyway + (fileBytes / BytesPerValue);
    }

    /// <summary>The value that the pickle ends with: null, bool, long, double, BigInteger, string, byte[], List, object[] (tuple), Dictionary, or a type of PickleValues.</summary>
    /// <param name="bytes">The pickle.</param>
    /// <param name="fileBytes">Length of the file that it stands in.</param>
    /// <exception cref="PickleException">It is damaged, names something that is not allowed, or uses an instruction that weights do not need.</exception>
    public static object? Read(byte[] bytes, long fileBytes) => new PickleReader(bytes, fileBytes).Run();

    private object? Run()
    {
        while (true)
        {
            var start = _at;
            var instruction = Byte();
            switch (instruction)
            {
                case (byte)'.':
                    return _stack is [var result] && result != _mark ? result : throw Damaged("ends with something left over");
                case 0x80: // PROTO
                    if (Byte() is var protocol and (< 2 or > 5)) throw new PickleException($"has pickle protocol {protocol}, not 2 to 5");
                    break;
                case 0x95: // FRAME
                    Take(8);
                    break;
                case (byte)'(': Push(_mark); break;
                case (byte)'0': Pop(); break;
                case (byte)'1': PopToMark(); break;
                case (byte)'2': Push(Peek()); break;
                case (byte)'N': Push(null); break;
                case 0x88: Push(true); break;
                case 0x89: Push(false); break;
                case (byte)'K': Push(_smallNumbers[Byte()]); break;
                case (byte)'M': Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2))); break;
                case (byte)'J': Push((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4))); break;
                case 0x8A: PushLong(Byte()); break;
                case 0x8B: PushLong(Length32()); break;
                case (byte)'G': Push(BinaryPrimitives.ReadDoubleBigEndian(Take(8))); break;
                case (byte)'X': PushText(Length32()); break;
                case 0x8C: PushText(Byte()); break;
                case 0x8D: PushText(Length64()); break;
                case (byte)'U': Push(Encoding.Latin1.GetString(Take(Byte()))); break;
                case (byte)'T': Push(Encoding.Latin1.GetString(Take(Length32()))); break;
                case (byte)'C': Push(Take(Byte()).ToArray()); break;
                case (byte)'B': Push(Take(Length32()).ToArray()); break;
                case 0x8E: Push(Take(Length64()).ToArray()); break;
                case (byte)')': Push(_emptyTuple); break;
                case 0x85: PushTuple(1); break;
                case 0x86: PushTuple(2); break;
                case 0x87: PushTuple(3); break;
                case (byte)'t': PushContainer(PopToMark()); break;
                case (byte)']' or 0x8F: PushContainer(new List<object?>()); break; // a set keeps its items as a list
                case (byte)'l': PushContainer(new List<object?>(PopToMark())); break;
                case 0x91: PushContainer(new List<object?>(PopToMark())); break;
                case (byte)'}': PushDictionary(); break;
                case (byte)'d': Dictionary(PopToMark()); break;
                case (byte)'a': Append(Pop()); break;
                case (byte)'e' or 0x90: Append(PopToMark()); break;
                case (byte)'s':
                    var value = Pop();
                    SetItems([Pop(), value]);
                    break;
                case (byte)'u': SetItems(PopToMark()); break;
                case (byte)'q': Remember(Byte()); break;
                case (byte)'r': Remember(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))); break;
                case 0x94: Remember(_memo.Count); break;
                case (byte)'h': Push(Recall(Byte())); break;
                case (byte)'j': Push(Recall(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))); break;
                case (byte)'c': PushContainer(PickleTensors.Allowed(Line(), Line())); break;
                case 0x93: // STACK_GLOBAL
                    var name = Pop() as string;
                    PushContainer(PickleTensors.Allowed(Pop() as string ?? throw Damaged("names something by no text"), name ?? throw Damaged("names something by no text")));
                    break;
                case (byte)'R' or 0x81: // REDUCE, NEWOBJ
                    var arguments = Pop() as object?[] ?? throw Damaged("calls with something else than a tuple");
                    PushContainer(PickleTensors.Build(Pop() as PickleGlobal ?? throw Damaged("calls something that is no name"), arguments));
                    break;
                case (byte)'b':
                    var state = Pop();
                    PickleTensors.SetState(Peek(), state);
                    break;
                case (byte)'Q': PushContainer(PickleTensors.Storage(Pop())); break;
                default:
                    throw new PickleException(string.Create(CultureInfo.InvariantCulture, $"uses the pickle instruction 0x{instruction:X2} at byte {start}, which weights do not need"));
            }
        }
    }

    private PickleException Damaged(string what) => new(string.Create(CultureInfo.InvariantCulture, $"{what} (byte {_at} of its pickle)"));

    private void Spend(long units)
    {
        _allowed -= units;
        if (_allowed < 0) throw Damaged("builds more values than weights of its length have");
    }

    private void Push(object? value)
    {
        Spend(1);
        _stack.Add(value);
    }

    private void PushContainer(object value)
    {
        Spend(value is Dictionary<string, object?> or PickleObject ? DictionaryCost : 1);
        Push(value);
    }

    private void PushDictionary() => PushContainer(new Dictionary<string, object?>(StringComparer.Ordinal));

    private object? Peek() => _stack.Count > 0 && _stack[^1] != _mark ? _stack[^1] : throw Damaged("takes from an empty stack");

    private object? Pop()
    {
        var value = Peek();
        _stack.RemoveAt(_stack.Count - 1);
        return value;
    }

    private object?[] PopToMark()
    {
        var mark = _stack.LastIndexOf(_mark);
        if (mark < 0) throw Damaged("lacks a mark");
        object?[] values = [.. _stack.Skip(mark + 1)];
        _stack.RemoveRange(mark, _stack.Count - mark);
        return values;
    }

    private byte Byte() => _at < _bytes.Length ? _bytes[_at++] : throw Damaged("is cut off");

    private ReadOnlySpan<byte> Take(long count)
    {
        if (count > _bytes.Length - _at) throw Damaged("is cut off");
        var start = _at;
        _at += (int)count;
        return _bytes.AsSpan(start, (int)count);
    }

    private long Length32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    private long Length64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8)) is var length and >= 0 ? length : throw Damaged("has a negative length");

    private string Line()
    {
        var end = _bytes.AsSpan(_at).IndexOf((byte)'\n');
        if (end < 0) throw Damaged("is cut off");
        var line = Text(Take(end));
        _at++;
        return line;
    }

    private string Text(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return _utf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw Damaged("has a text that is no UTF-8");
        }
    }

    private void PushText(long length) => Push(Text(Take(length)));

    private void PushLong(long length)
    {
        var number = new BigInteger(Take(length));
        Push(number >= long.MinValue && number <= long.MaxValue ? (object)(long)number : number);
    }

    private void PushTuple(int count)
    {
        var items = new object?[count];
        for (var k = count - 1; k >= 0; k--) items[k] = Pop();
        PushContainer(items);
    }

    private void Dictionary(object?[] items)
    {
        PushDictionary();
        SetItems(items);
    }

    private void Append(params object?[] items)
    {
        Spend(items.Length);
        (Peek() as List<object?> ?? throw Damaged("appends to something else than a list")).AddRange(items);
    }

    private void SetItems(object?[] items)
    {
        if (Peek() is not Dictionary<string, object?> dictionary || items.Length % 2 != 0) throw Damaged("sets items of something else than a dictionary");
        Spend(items.Length);
        for (var k = 0; k < items.Length; k += 2)
        {
            var key = items[k] switch
            {
                string text => text,
                long number => number.ToString(CultureInfo.InvariantCulture),
                _ => throw Damaged("has a key that is neither text nor number"),
            };
            dictionary[key] = items[k + 1];
        }
    }

    // Writers number what they remember in order.
    private void Remember(long index)
    {
        if (index > _memo.Count) throw Damaged("numbers what it remembers out of order");
        if (index < _memo.Count)
        {
            _memo[(int)index] = Peek();
            return;
        }

        Spend(1);
        _memo.Add(Peek());
    }

    private object? Recall(long index) => index < _memo.Count ? _memo[(int)index] : throw Damaged("recalls what it never remembered");
}
