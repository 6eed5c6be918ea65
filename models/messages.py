"""What is wrong with an input, in English: the sentences of `ValidationError` by key.

The page says them in the visitor's language (`error.*` in demos/runtime/texts).
"""

from __future__ import annotations

MESSAGES = {
    "no_picture": "There is no picture yet. Upload one, take one, or pick an example.",
    "too_many_runs": "You have {limit} runs under way already. Stop one of them, or wait until one "
    "is done: others want their turn too.",
    "not_a_picture": "This file is not a picture that can be read. Use JPEG, PNG, WebP, AVIF, "
    "HEIC, GIF, BMP or TIFF.",
    "missing_values": "This endpoint takes {count} values in this order: {names}. It was sent "
    "{given}.",
    "file_gone": "There is no such file here, or no longer: uploads are kept for a few hours. "
    "Upload the picture again.",
    "file_too_large": "This file is too large. The limit is {limit} MB.",
    "picture_broken": "This picture file is damaged or cut off. Save or send it again.",
    "one_of_several": "Photo {number} of {count}, {file}, can't be used; take it out or choose "
    "another one. {reason}",
    "too_many_photos": "It takes at most {limit} further photos; there are {count}.",
    "picture_too_large": "This picture is {width} x {height} pixels. The limit is {limit} million "
    "pixels; make it smaller first.",
    "picture_too_small": "This picture is {width} x {height} pixels. Each side needs at least "
    "{limit} pixels.",
    "picture_too_long": "This picture is {width} x {height} pixels. Its longer side may be at most "
    "{limit} times the shorter one; crop it first.",
    "not_a_number": "{name} must be a number from {low} to {high}, not {value}.",
    "not_whole": "{name} must be a whole number from {low} to {high}, not {value}.",
    "number_missing": "{name} must be a number from {low} to {high}, and is empty.",
    "not_a_switch": "{name} must be true or false, not {value}.",
    "not_a_text": "{name} must be a text, not {value}.",
    "not_a_list": "{name} must be a list, not {value}.",
    "not_a_file": "{name} must be an uploaded picture file; in Python: "
    "gradio_client.handle_file(path).",
    "not_uploaded": "This is not a file that was uploaded here. Upload it first; in Python: "
    "gradio_client.handle_file(path).",
    "mnist_unreachable": "The whole MNIST set (11 MB) is not in {folder} and could not be "
    "downloaded. Connect to the internet and try again, or take the 10,000 digits that are here.",
    "lab_full": "All {count} places for live training are taken. Wait a little, or stop a run that "
    "you no longer need.",
    "lab_memory": "This run would need about {needed} MB of memory, and a run may take {limit} MB. "
    "Choose narrower networks (width) or smaller pictures.",
    "lab_wrong_data": "{architecture} networks can't make this kind of data. Choose another "
    "architecture, or other data.",
    "lab_no_run": "There is no run yet. Press Run first.",
    "out_of_range": "{name} must be from {low} to {high}, not {value}.",
    "unknown_choice": "{name} can't be {value}. Choose one of: {choices}.",
    "unknown_class": "ImageNet has no class called {value}. The nearest names: {nearest}.",
    "target_is_prediction": "The network already takes this picture for {value}. Choose another "
    "target.",
    "untargeted_only": "{title} only drives a picture away from its class. Leave the target "
    "out, or choose another method.",
    "weights_unreachable": "{title} can't be used now: its weights ({megabytes} MB) are not on "
    "this machine and could not be downloaded. Connect to the internet and try again, or put the "
    "file {file} into the folder {folder}.",
    "folder_unwritable": "Nothing can be downloaded: the computer that serves this page may not "
    "write to the folder {folder}. Tell whoever looks after it; what is here already works.",
    "weights_broken": "The weights of {title} could not be read from {file}. Delete the file, "
    "then try again.",
    "package_missing": "{title} needs the package {package}. Install it with: pip install "
    "{package}",
    "weights_missing": "{title} can't be used: its weights are missing ({file}). "
    "Get the file again from where you got Netglass; everything else works.",
    "weights_damaged": "{title} can't be used: its weight file {file} is damaged "
    "or was changed. Get it again from where you got Netglass; everything else works.",
    "no_discriminator": "{title} was trained without a discriminator. Choose one of the GANs.",
    "class_not_named": "No class is named. Name one, such as {example}.",
    "unknown_endpoint": "There is no endpoint called {value}. There are: {names}.",
    "unknown_parameter": "There is no parameter called {value} here. There are: {names}.",
    "missing_parameter": "The parameter {name} is missing.",
    "unknown_breed": "There is no breed called {value} here. The nearest names: {nearest}.",
    "own_classes": "It takes {low} to {high} classes, not {count}.",
    "own_name": "Class {number} needs a name of at most {limit} letters.",
    "own_same_name": "Two classes are called {value}. Give each a name of its own.",
    "own_photos": "A class needs {low} to {high} photos; {value} has {count}.",
    "own_same_photo": "The same photo is in {first} and in {second}. Take it out of one of them.",
    "head_missing": "Nothing has been trained yet. Press Train first, or open a head.",
    "head_empty": "This file is empty, so there is no head in it. Save the head again.",
    "head_foreign": "This file is not a head that was saved here. It takes the .safetensors file "
    'that "Save the head" makes.',
    "head_damaged": "This head's file is damaged or was changed. Save the head again.",
    "head_network": "This head takes the features of {value}, and here are those of {known}. Train "
    "one here.",
    "head_shapes": "In this head's file {tensor} has the size {given} and should have {wanted}. "
    "Save the head again.",
    "nothing_to_minimise": "All weights are 0, so there is nothing to paint towards. Turn one up.",
    "no_style_layer": "Every style layer is turned off. Turn one on, or set the style weight to 0.",
    "layer_weights": "{title} compares style at {count} layers, so it takes {count} layer weights, "
    "not {given}.",
    "not_a_film": "This file is not a moving picture that can be read. Use GIF, WebP, APNG, "
    "MP4, MOV or WebM.",
    "no_film": "There is no clip yet. Upload a GIF or a short video.",
    "film_too_long": "This clip has more than {limit} pictures. Cut it to the best two seconds, or "
    "leave out every other picture.",
    "mask_shape": "{name} is {width} x {height} pixels, and its picture {wide} x {high}. A mask "
    "must have its picture's shape.",
    "mask_empty": "{name} is black everywhere, so it covers nothing. Paint at least one region.",
    "mask_levels": "{name} has {count} grey levels, one for each region; {limit} is the most. Save "
    "it as PNG, without soft edges.",
    "mask_small": "{name} has a region of less than {percent}% of the picture. Make it larger, or "
    "save the mask as PNG, without soft edges.",
    "regions_differ": "The photo has {content} regions and the style {style}. There must be as "
    "many in both.",
    "masks_large": "Regions and transparent pictures work up to a size of {limit} pixels. Choose a "
    "smaller size, or paint everything.",
    "area_and_masks": "Regions come either from masks or from the animal in the photo. Leave out "
    'the masks, or paint "all".',
    "nothing_painted": "Nothing is painted yet. Paint a region on the photo or the style picture, "
    "or choose another part of the photo.",
    "no_animal": "No cat and no dog was found in this photo, so it can't be told from the "
    "background. Paint everything, or take another photo.",
    "second_style": "A blend needs a second style picture. Add one, or set the blend to 0.",
    "size_too_small": "{size} pixels are too few for these pictures with {title}, which needs "
    "{least} on each side of the content and of the style. The smallest size is {smallest} pixels.",
    "style_too_small": "This style picture is {width} x {height} pixels. {title} needs at least "
    "{least} on each side of it; take a larger one.",
    "size_too_large": "A picture of {size} pixels would need about {needed} GB of memory, and "
    "{free} GB are free. The largest that fits is {largest} pixels.",
    "too_few_samples": "With {count} noisy copies not even a unanimous vote proves a majority at "
    "{confidence} confidence. Take at least {least}.",
    "no_layers": "{title} shows no layers here. Choose an ImageNet network, or climb to a class.",
    "silent_channel": "Nothing excites channel {channel} of {layer} here: it stays the same all "
    "over the start and every test picture. Choose another channel, or start from another photo.",
    "no_encoder": "{title} has no encoder. Choose the VAE.",
    "no_style_layers": "{title} has no style layers. Choose one of the style-based GANs.",
    "too_many_units": "It takes 1 to {limit} units at once, not {count}.",
    "no_face": "No face was found in this picture. Draw the box around it by hand, or take a "
    "picture in which the face looks into the camera.",
    "face_too_small": "The box around the face is {side} pixels large and must have at least "
    "{least}. Take a picture in which the face is larger.",
    "box_numbers": "The box must be three numbers, [x, y, side]: its left and top edge and its "
    "side, in pixels of the picture; not {value}.",
    "box_outside": "The middle of the box must lie inside the picture, which is {width} x {height} "
    "pixels, and its side may be at most twice the picture's.",
    "code_unreadable": "This is not the code of an inverted picture: it must be base64. Take it "
    "from the report of an inversion, or from the file that was downloaded there.",
    "code_length": "This code has {given} bytes; this generator takes {wanted}, which are "
    "{layers} x {latent} numbers. It belongs to another generator, or a part of it is missing.",
    "code_not_finite": "This code has numbers that are not finite. Take it from the report of an "
    "inversion, unchanged.",
    "code_other_generator": "This code lies far from all that {title} draws: it belongs to another "
    "generator. Choose the one that it was made with.",
    "inversion_gone": "This inverted picture is no longer here: they are kept for a short time. "
    "Invert the photograph again, or bring its code back.",
    "digit_classes": "{name} must be a list of different digits from 0 to 9, such as [1, 7], not "
    "{value}.",
    "classes_need_digits": "{name} can only be given for data of digits: digits, few or mnist, not "
    "{data}.",
    "walk_stops": "A walk goes through {low} to {high} pictures, not {count}.",
    "drawn_points": "A drawing needs {low} to {high} points and has {count}. Draw a line or a few "
    "dots.",
    "drawn_outside": "A drawing is made of points (x, y), both numbers from -1 to 1.",
    "own_pictures": "It takes {low} to {high} pictures that can be read; there are {count}.",
    "own_pictures_same": "Only {count} of these pictures differ. A GAN needs at least {low} "
    "different ones, or it can only learn one by heart.",
    "lab_unreadable": "What was drawn or added did not arrive in a form that can be read. Start "
    "again; if that does not help, clear it and draw or add it anew.",
    "out_of_memory": "There was not enough memory for this. Choose a smaller picture or a smaller "
    "network, or wait until other runs are done, and try again.",
    "disk_full": "The disk of the computer that serves this page is full, so nothing can be saved. "
    "Tell whoever looks after it, then try again.",
    "unexpected": "Something went wrong here that should not have; it was noted down. Try again; "
    "if it happens again, other settings may help.",
    "lab_no_pictures": "This generator makes points in the plane, not pictures. Choose data of "
    "pictures, such as digits, and press Run first.",
    "lab_no_sliders": 'No sliders have been found for this run yet. Press "Find sliders" first.',
    "lab_alike": "This generator makes the same picture whatever z is, so there is no direction to "
    "find. Train it longer, or repair it.",
    "run_file_empty": "This file is empty. Make the files of the run again.",
    "run_file_foreign": "This file does not come from the GAN gym. It takes the zip that "
    '"Make the files" makes there.',
    "run_file_part": "The part {part} of this file is damaged, or was not written by the GAN gym. "
    "Make the files again.",
    "run_file_own": "This run learnt from pictures or a drawing of your own, which its file does "
    "not hold. Choose that data, add the pictures or draw again, and bring the file back then.",
    "run_file_shapes": "The part {part} does not fit the settings in the same file: {tensor} has "
    "the size {given} and should have {wanted}. Make the files again.",
    "run_file_not_finite": "The part {part} of this file has numbers that are not finite (NaN or "
    "infinite), which make no picture. Take a run in which that has not happened.",
    "lab_too_large": "That is too much at once: {limit} MB is the limit. Take some pictures out.",
    "text_too_long": "{name} must have at most {limit} letters, and has {count}.",
    "board_key": "This is not the teacher's key.",
    "board_tries": "There were too many wrong tries from here. Wait a minute, then try again.",
    "boards_full": "There are {limit} boards already, and no more can be opened. End one of them "
    "first.",
    "board_unknown": "There is no board called {code}. Compare the four letters with those on the "
    "projector. A board is gone when the teacher has ended it, and after two hours.",
    "board_no_code": "No letters are typed yet. Type the four letters on the projector.",
    "board_gone": "This board has ended, or your place on it was given away. Join again with the "
    "letters on the projector.",
    "board_full": "All {limit} places on this board are taken.",
    "board_too_fast": "That was too fast. Wait some seconds, then show the class the next one.",
    "board_pins_full": "The board is full: it holds {limit} pictures, {megabytes} MB together. Ask "
    "your teacher to take some off.",
    "board_pin_gone": "This picture is no longer on the board.",
    "board_link": "This link does not lead to a tab of this page.",
    "board_question": "There is no question yet. Type one, or take a prepared one.",
    "board_answers": "A question takes {low} to {high} answers that differ, each of at most "
    "{limit} letters.",
    "board_no_question": "This question takes no more answers.",
    "board_action": "The board does not know how to do this. Load the page again.",
}
