using System.Text.Json;

namespace BranchGrpo.Kit.Models.Images;

/// <summary>The <c>preprocessor_config.json</c> of CLIP image processors, old layout (sizes as numbers) and new.</summary>
internal static class HfClipConfig
{
    public static ImagePipeline Read(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(path));
        var root = document.RootElement;
        CropPipeline.Target? resize = Flag("do_resize") ? Size(root, "size", 224, path) : null;
        var crop = Size(root, "crop_size", 224, path);
        var target = Flag("do_center_crop") ? crop : resize;
        // Without a crop the result has one size only when both sides are given.
        var (height, width) = target switch
        {
            CropPipeline.ShortestSide shortest => (shortest.Size, shortest.Size),
            CropPipeline.BothSides both => (both.Height, both.Width),
            _ => throw new InvalidDataException($"{path}: neither resizes nor crops, so images of different sizes would reach the network"),
        };
        return new CropPipeline("hf_clip", height, width, new ImageNormalisation([.. Numbers("image_mean", 0)], [.. Numbers("image_std", 1)]))
        {
            Resize = resize,
            Crop = Flag("do_center_crop"),
            ColoursFirst = Flag("do_convert_rgb"),
            FloorOffset = true,
            Normalise = Flag("do_normalize"),
            Filter = Filter(root.TryGetProperty("resample", out var resample) ? resample.GetInt32() : 3, path),
            Rescale = !Flag("do_rescale") ? 1 : root.TryGetProperty("rescale_factor", out var factor) ? factor.GetDouble() : 1.0 / 255,
        };

        bool Flag(string key) => !root.TryGetProperty(key, out var value) || value.ValueKind != JsonValueKind.False;

        IEnumerable<float> Numbers(string key, int which)
        {
            if (!root.TryGetProperty(key, out var value) || value.ValueKind != JsonValueKind.Array)
                return which == 0 ? ImageNormalisation.Clip.Mean : ImageNormalisation.Clip.Std;
            float[] numbers = [.. value.EnumerateArray().Select(v => v.GetSingle())];
            return numbers.Length == 3 ? numbers : throw new InvalidDataException($"{path}: {key}: expected 3 numbers, found {numbers.Length}");
        }
    }

    private static CropPipeline.Target Size(JsonElement root, string key, int otherwise, string path)
    {
        // A lone number means the shortest side for "size" and a square for "crop_size".
        if (!root.TryGetProperty(key, out var value)) return Square(otherwise);
        if (value.ValueKind == JsonValueKind.Number) return Square(value.GetInt32());
        if (value.TryGetProperty("shortest_edge", out var shortest)) return new CropPipeline.ShortestSide(shortest.GetInt32());
        if (value.TryGetProperty("height", out var height) && value.TryGetProperty("width", out var width))
            return new CropPipeline.BothSides(height.GetInt32(), width.GetInt32());
        throw new InvalidDataException($"{path}: {key}: expected a number, shortest_edge, or height and width, found {value.GetRawText()}");

        CropPipeline.Target Square(int size) => key == "size" ? new CropPipeline.ShortestSide(size) : new CropPipeline.BothSides(size, size);
    }

    /// <summary>Pillow's numbers of its filters.</summary>
    private static ResampleFilter Filter(int number, string path) => number switch
    {
        0 => ResampleFilter.Nearest,
        1 => ResampleFilter.Lanczos,
        2 => ResampleFilter.Bilinear,
        3 => ResampleFilter.Bicubic,
        4 => ResampleFilter.Box,
        5 => ResampleFilter.Hamming,
        _ => throw new InvalidDataException($"{path}: resample: expected 0 to 5, found {number}"),
    };
}
